/* SPDX-License-Identifier: GPL-2.0-or-later */
/* privilege - what the command may: capabilities, no_new_privs, system calls */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <glib.h>

#include "launcher/options_privilege.h"
#include "launcher/seccomp_compiler.h"

/*
 * Made once in the launcher, applied in each process that starts a command inside: its children
 * cannot have more than it. PID 1 keeps all capabilities, and root inside cannot get at it.
 */
struct privilege {
	uint64_t bounding; /* one bit for each capability */
	bool no_new_privs;
	struct seccomp_program filter; /* without instructions: unconfined */
	char *seccomp;		       /* its name: "default", "unconfined" or the file's */
};

/* Who the command is to be, ids inside. */
struct privilege_user {
	uid_t uid;
	gid_t gid;
	const GArray *groups; /* of gid_t, supplementary; NULL: leave those that there are */
};

/*
 * Decides by the options, see capabilities(7), and compiles the filter. As in docker,
 * --cap-add and --cap-drop change the default, --cap-add all --cap-drop X is all but X, --cap-drop
 * all --cap-add X only X.
 */
bool privilege_plan(const struct privilege_options *options, struct privilege *ret_privilege,
		    GError **error);
void privilege_done(struct privilege *privilege);

/*
 * Becomes the user with these rights, for a process with all capabilities to do just before
 * execve(2). Root gets the bounding set, others no capability; inheritable and ambient sets become
 * empty. Ids that are right already are left alone: where only one is mapped none can be set.
 */
bool privilege_apply(const struct privilege *privilege, const struct privilege_user *user,
		     GError **error);
