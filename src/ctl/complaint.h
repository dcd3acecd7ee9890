/* SPDX-License-Identifier: GPL-2.0-or-later */
/* complaint - how netns-ctl tells what went wrong */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Prints the failure to standard error as failure_print() does, without what could steer the
 * terminal: its text may come from a container's reply.
 */
void complaint_print(const GError *failure);

/* Writes out what is left in stdout; false if any of it could not be written. */
bool complaint_flush_output(GError **error);
