/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idmap_helper - newuidmap(1) and newgidmap(1), which write maps that an ordinary user may not */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "launcher/id_extent.h"

/*
 * The path of program (a name to be searched in PATH, or a path), if it has the power to set ids:
 * set-user-ID root or capability (CAP_SETUID or CAP_SETGID) in its file, and nothing that makes
 * both void (no_new_privs, a nosuid mount). Else NULL, and *ret_reason, the caller's, says why.
 */
char *idmap_helper_find(const char *program, int capability, char **ret_reason);

struct idmap_helper {
	pid_t pid;  /* 0: not running */
	int errors; /* a file with its standard error */
};

/* Starts program, which writes extents into the user namespace of process target. */
bool idmap_helper_start(struct idmap_helper *ret_helper, const char *program, pid_t target,
			const struct id_extents *extents, GError **error);

/* Waits for its end. It has failed, its first line of standard error is the cause. */
bool idmap_helper_finish(struct idmap_helper *helper, const char *program, GError **error);
