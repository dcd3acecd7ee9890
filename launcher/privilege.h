/* SPDX-License-Identifier: GPL-2.0-or-later */
/* privilege - what the command may: capabilities, no_new_privs, system calls */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "launcher/options_privilege.h"
#include "src/json.h"
#include "src/seccomp_compiler.h"

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

/*
 * Decides by the options, see capabilities(7), and compiles the filter. As in docker,
 * --cap-add and --cap-drop change the default, --cap-add all --cap-drop X is all but X, --cap-drop
 * all --cap-add X only X.
 */
bool privilege_plan(const struct privilege_options *options, struct privilege *ret_privilege,
		    GError **error);
void privilege_done(struct privilege *privilege);

/*
 * What a process inside does before it becomes a command, in two steps, because only all
 * capabilities can do the first, and nothing comes after the second but execve(2). Between them it
 * may change its user.
 *
 * privilege_bound() shrinks the bounding set and empties the ambient one; a change of user now
 * leaves the permitted capabilities. privilege_apply() gives root the bounding set and any other
 * user no capability, empties the inheritable set, sets no_new_privs and installs the filter.
 */
bool privilege_bound(const struct privilege *privilege, GError **error);
bool privilege_apply(const struct privilege *privilege, GError **error);

/* Adds the members capabilities (names), no_new_privs and seccomp. */
void privilege_add_json(const struct privilege *privilege, JsonBuilder *builder);
