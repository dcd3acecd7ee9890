/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_sandbox - the part of the command line that is about the forwarder's sandbox */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/options_network.h"
#include "src/sandbox_mode.h"

struct sandbox_options {
	bool is_given;
	enum sandbox_mode mode; /* --sandbox, else what the environment says */
};

/* All zeroes is no option. The group's callbacks fill options, which must outlive it. */
GOptionGroup *sandbox_options_group(struct sandbox_options *options);

/* After parsing: fills in the default; a combination without sense is named with its cure. */
bool sandbox_options_check(struct sandbox_options *options, const struct network_options *network,
			   GError **error);
