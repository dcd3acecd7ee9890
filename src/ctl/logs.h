/* SPDX-License-Identifier: GPL-2.0-or-later */
/* logs - netns-ctl NAME logs: the output of a container that keeps it in a file */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/*
 * Copies the log to standard output, byte for byte; with --follow also what comes, until the
 * container has ended. ENOENT: no such container, or it keeps no log.
 */
bool logs_print(const struct ctl_request *request, GError **error);
