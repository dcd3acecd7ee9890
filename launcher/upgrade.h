/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upgrade - puts the installed forwarder in the place of a running one, which hands over */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "launcher/helper.h"
#include "src/json.h"

/*
 * How it works
 *
 *   PREPARING ── prepared ─▶ YIELDING ── yielded ─▶ GOING ── ready ─▶ done
 *       └───────────────────────┴─ kept, failed, died, too late ─▶ done, with a failure
 *
 * Who says what is in forwarder/succession.h. Until GOING the old forwarder serves, whatever
 * happens. From then on there is only the new one; should that fail, it counts as its death.
 */
struct upgrade;

struct upgrade_context {
	const struct helper *old;
	const struct handoff_start *start; /* for the new one; stays as it is until GOING */
	struct deputy *deputy;		   /* or NULL */
	int state_fd;
	void (*on_yielded)(void *opaque); /* neither serves at this moment */
	/* It is over: the upgrade may be freed. failure is NULL if the new one serves. */
	void (*on_done)(const GError *failure, void *opaque);
	void *opaque;
};

/* Begins; context is copied. NULL when no forwarder could be started. */
struct upgrade *upgrade_new(const struct upgrade_context *context, GError **error);
/* Kills the new forwarder, unless it has been taken. Accepts NULL. */
void upgrade_free(struct upgrade *upgrade);

/* A notice of the old forwarder. True if it was for us; on_done() may have been called then. */
bool upgrade_take_notice(struct upgrade *upgrade, const char *kind, JsonObject *notice);

/* Gives up, with this failure, unless it is GOING. */
void upgrade_cancel(struct upgrade *upgrade, const GError *failure);

/* True from `yielded` on: the old one is no more. */
bool upgrade_is_going(const struct upgrade *upgrade);

/* The new forwarder; taken, it is the caller's. */
pid_t upgrade_pid(const struct upgrade *upgrade);
struct helper upgrade_take(struct upgrade *upgrade);
