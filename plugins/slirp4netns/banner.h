/* SPDX-License-Identifier: GPL-2.0-or-later */
/* banner - what slirp4netns tells on standard output when it starts */
#pragma once

#include "plugins/slirp4netns/options.h"

/* Line by line as slirp4netns has it; flushed, so that a log has it at once. */
void banner_print(const struct slirp_options *options);
