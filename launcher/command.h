/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command - executes CMD inside the container */
#pragma once

#include <stdbool.h>
#include <sys/ioctl.h>

#include <glib.h>

#include "launcher/rlimits.h"

struct idmap;
struct privilege;

struct command {
	char *const *argv;	   /* NULL-terminated, at least one */
	char *const *environment;  /* as of environment_make(); NULL: the calling process's own */
	const char *user;	   /* see account_resolve(); NULL: root */
	const struct idmap *idmap; /* of the calling process's user namespace */
	const char *directory;	   /* working directory; NULL: stay in / */
	const struct privilege *privilege; /* what it may */
	bool directory_required;	   /* else it is entered if possible */
	bool tty;			   /* gets a new terminal */
	struct winsize size;		   /* of that; all zero: unknown */
	bool is_init;			   /* is PID 1 itself */
	bool host_network;		   /* is in the launcher's network namespace */
	const struct rlimits *rlimits;	   /* NULL: the calling process's own */
	struct rlimit descriptors; /* soft limit to go back to; {0}: the calling process's own */
	bool emulate_ids;	   /* only one id is mapped: see syscall_filter.h */
};

/* Exit statuses of a command that was not run, as in POSIX sh, env(1) and docker(1). */
#define COMMAND_NOT_EXECUTABLE 126
#define COMMAND_NOT_FOUND      127

/*
 * Replaces the calling process, root of its user namespace, by CMD as its user, searched in PATH,
 * with an empty signal mask and default dispositions, except that an ignored SIGHUP stays ignored.
 * Returns only on failure: *ret_status gets the exit status that tells why.
 */
void command_execute(const struct command *command, int *ret_status, GError **error);
