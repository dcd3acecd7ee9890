/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper - keeps a forwarder running: puts a new one in the place of a dead one */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "launcher/helper.h"
#include "launcher/notices.h"

/*
 * How it works
 *
 *   RUNNING ── died ─▶ STARTING ── ready ─▶ RUNNING
 *                         ├── died, or failed: once more
 *                         └── five deaths within ten seconds, or no answer ─▶ FAILED
 *
 * An upgrade (launcher/upgrade.h) puts a new one in the place of one that runs, and hands over.
 *
 * A new forwarder gets the same start message: the launcher has kept duplicates of all descriptors
 * in it. Frames, connections to ports and clients of the control socket wait in the kernel until it
 * is ready. Nothing here blocks but fork(2), a deputy's too, so signals and commands go on
 * meanwhile.
 */
struct keeper;

/* What it works with; all must outlive it. */
struct keeper_context {
	const char *program;		   /* whose name is in front of messages */
	struct helper *helper;		   /* it runs; becomes the one that runs now */
	const struct handoff_start *start; /* NULL: it needs none, it only waits for our end */
	int state_fd;			   /* the container's state directory */
	const char *rootfs;	   /* whose /etc is covered (launcher/etc_cover.h), or NULL */
	int etc_cover;		   /* with rootfs */
	notices_handler on_notice; /* of whichever forwarder runs */
	/* The one that served is gone, and no other serves yet. */
	void (*on_death)(void *opaque);
	/* A new one serves. death tells what became of the old one: "was killed by signal 9". */
	void (*on_restarted)(const char *death, void *opaque);
	/* A new one serves, and the old one has handed over to it. */
	void (*on_upgraded)(void *opaque);
	void *opaque;
};

/* Takes notices from now on, in the default main context. context is copied. */
struct keeper *keeper_new(const struct keeper_context *context);
/* From now on the deputy starts forwarders; it must outlive the keeper. */
void keeper_use_deputy(struct keeper *keeper, struct deputy *deputy);
/* Takes what has come of notices; from here on none, and no death, is noticed. Accepts NULL. */
void keeper_stop(struct keeper *keeper);
/* Leaves the helper as it is. Accepts NULL. */
void keeper_free(struct keeper *keeper);

/*
 * A child of ours has died, with waitpid(2)'s status. True if it was the forwarder; then it is
 * replaced, unless keeper_failure() says that it cannot be.
 */
bool keeper_take_death(struct keeper *keeper, pid_t pid, int wait_status);

/*
 * Puts the installed forwarder in the place of the one that runs, and answers at client, a
 * connection of launcher/session_server.h that becomes the keeper's, when that is done or has
 * failed.
 */
void keeper_upgrade(struct keeper *keeper, int client);

/* Why there is no forwarder and will be none; NULL while that is not so. It stays the keeper's. */
const GError *keeper_failure(const struct keeper *keeper);
