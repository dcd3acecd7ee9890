/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rlimits - resource limits of the container's processes (setrlimit(2)), and their OOM score */
#pragma once

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <glib.h>

#include "src/json.h"

/* {0} is: all as the caller has them. */
struct rlimits {
	bool is_set[RLIM_NLIMITS];
	struct rlimit values[RLIM_NLIMITS];
	bool has_oom_score;
	int oom_score;
};

/*
 * Reads NAME=SOFT[:HARD] by docker(1)'s names (nofile, nproc, core, ...); a value is a number in
 * the units of setrlimit(2), or -1 or "unlimited". One value is both. A name given again replaces.
 */
bool rlimits_parse(struct rlimits *rlimits, const char *text, GError **error);

/*
 * Raises the calling process's hard limits to what is asked for, so that its descendants can have
 * it: inside a user namespace nobody may. Fails where that takes privilege (CAP_SYS_RESOURCE).
 */
bool rlimits_raise_hard(const struct rlimits *rlimits, GError **error);

/* Gives the calling process all that is set; rlimits_raise_hard() was called before the fork. */
bool rlimits_apply(const struct rlimits *rlimits, GError **error);

/* Adds the member "ulimits": an object of {"soft","hard"}, -1 for unlimited. */
void rlimits_add_json(const struct rlimits *rlimits, JsonBuilder *builder);

/* Reads an OOM score, -1000 to 1000. */
bool rlimits_parse_oom_score(struct rlimits *rlimits, const char *text, GError **error);

/*
 * Writes oom_score_adj (proc(5)) of a process, which its descendants inherit, if it is set. The
 * process must still be dumpable. Fails with EACCES for a score below what the process has, unless
 * by the host's root.
 */
bool rlimits_write_oom_score(const struct rlimits *rlimits, pid_t pid, GError **error);
