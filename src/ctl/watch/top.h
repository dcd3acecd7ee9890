/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top - netns-ctl top: the running containers and their flows, live */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/*
 * Shows them until the user leaves, on the terminal or, with --batch, as text on standard output.
 * False on error: no terminal, no state directory.
 */
bool top_run(const struct ctl_request *request, GError **error);
