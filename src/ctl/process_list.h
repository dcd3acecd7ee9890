/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_list - the processes of a container, as the host's /proc tells of them */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

struct process_entry {
	int host_pid, pid; /* here, and in the container */
	gint64 user;	   /* effective id in the container; -1: one that is not mapped there */
	char state;	   /* a letter of proc(5) */
	double seconds;	   /* of processor time */
	guint64 rss;	   /* bytes */
	char **command;	   /* arguments, or "[name]"; as the process has them: anything */
};

/*
 * What a process's files tell: the texts of "status", "stat" and "cmdline" (of that size), and the
 * "uid_map" of its container; depth is that of the container's PID namespace below ours. False
 * where they are not of the form. *ret_entry is to be freed with process_entry_clear().
 */
struct process_texts {
	const char *status, *stat, *cmdline, *uid_map;
	gsize cmdline_size;
	unsigned depth;
};
bool process_entry_parse(const struct process_texts *texts, struct process_entry *ret_entry);
void process_entry_clear(struct process_entry *entry);

/* The processes of a container, of struct process_entry, in the order of their PIDs inside. */
GArray *process_list_read(const char *container, GError **error);

/* Prints them as a table or, with --json, as an array of objects. */
bool process_list_print(const struct ctl_request *request, GError **error);
