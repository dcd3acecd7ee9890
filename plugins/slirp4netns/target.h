/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target - the namespaces that the caller names */
#pragma once

#include <glib.h>

#include "link/attach.h"
#include "plugins/slirp4netns/options.h"

/*
 * Makes the link that options ask for, in the namespaces of a PID or a path, of the TAP whose
 * descriptor the caller has given, or of the first client of a socket, which it waits for.
 */
bool target_attach(const struct slirp_options *options, struct attachment *ret_attachment,
		   GError **error);
