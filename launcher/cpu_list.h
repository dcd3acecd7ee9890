/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu_list - lists of CPUs as cpuset(7) writes them */
#pragma once

#include <stdbool.h>

#include <glib.h>

#define CPU_LIST_MAX 8192

struct cpu_list {
	guint8 bits[CPU_LIST_MAX / 8];
};

/*
 * Reads "0-2,5", with at least one CPU and none above CPU_LIST_MAX - 1; a newline at the end is
 * taken, blanks are not.
 */
bool cpu_list_parse(const char *text, struct cpu_list *ret_list);

/* Whether all CPUs of part are in whole, too. */
bool cpu_list_contains(const struct cpu_list *whole, const struct cpu_list *part);
