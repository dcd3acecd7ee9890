/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_keeper - the process that removes a cgroup when the launcher is gone */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "launcher/deputy.h"

/*
 * How it works
 *
 * Nobody but its maker removes a cgroup, and the launcher may be killed without warning. So a
 * process sleeps on a pipe whose other end only the launcher has. When that is closed, for whatever
 * reason, it kills what is left in the cgroup and removes it. Above that, a scope goes by itself.
 */
struct cgroup_keeper {
	pid_t pid; /* 0: not started */
	int pipe;  /* -1: not started */
};

void cgroup_keeper_init(struct cgroup_keeper *keeper);

struct cgroup_keeper_job {
	int parent;	  /* directory of the cgroup above */
	const char *name; /* of the one to be removed */
	bool is_scope;	  /* systemd then removes parent, which is waited for, up to a second */
	struct deputy *deputy; /* who starts the process, for a scope alone; or NULL */
};

/* Starts it. The calling process has one thread. */
bool cgroup_keeper_start(struct cgroup_keeper *keeper, const struct cgroup_keeper_job *job,
			 GError **error);

/* In a new process: its work. in is the pipe's other end. */
G_NORETURN void cgroup_keeper_run(int in, int parent, const char *name, bool is_scope);

/* Ends it without its work: what is in the cgroup goes on. */
void cgroup_keeper_cancel(struct cgroup_keeper *keeper);

/* Lets it do its work now, and waits for that, up to 5 seconds. */
void cgroup_keeper_done(struct cgroup_keeper *keeper);
