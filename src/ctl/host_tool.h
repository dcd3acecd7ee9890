/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_tool - netns-ctl NAME exec --host-tool: the host's program in a container's network */
#pragma once

#include <glib.h>

#include "src/ctl/arguments.h"

/*
 * Becomes the command of the request: in the user and network namespace of the container, with all
 * capabilities there, and with everything else, files and user above all, as it is here. Returns
 * only on failure, with the exit status: 127 where there is no such program, 126 where it cannot be
 * run, 125 else.
 */
int host_tool_run(const struct ctl_request *request, GError **error);
