/* SPDX-License-Identifier: GPL-2.0-or-later */
/* background - goes on behind the program that a runtime calls and waits for */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <glib.h>

#include "src/json.h"

/*
 * How it works
 *
 *   caller's process              the helper, in a session of its own
 *   background_fork() ──────────▶ background_fork()
 *   background_await()            makes the network
 *        ◀─ what it was told ──── background_ready(), or background_failed()
 *   tells it in its protocol      serves until the network's end
 *
 * The helper reads from /dev/null, its output is lost, and it is in no directory that could be
 * unmounted. Its descriptors 1 and 2, which programs that it starts have as well, are not the
 * caller's: who called waits for the end of these pipes. What the helper itself prints by GLib or
 * stderr still goes to the caller until it is ready. Should the caller's process die before,
 * however, the helper gets SIGTERM, and what it has made goes with it. That signal is blocked from
 * the start: session_run() waits for it.
 */
struct background {
	int socket;	  /* to the other process */
	FILE *own_stderr; /* what `stderr` was, while messages go to the caller; or NULL */
};

enum background_side {
	BACKGROUND_CALLER,
	BACKGROUND_HELPER,
	BACKGROUND_FAILED, /* with an error, in the caller's process: there is no other */
};

/*
 * Forks. The helper has of the caller's descriptors only 0..2 and those in keep (n_keep; negative
 * ones are skipped); in the caller's process they stay open.
 */
enum background_side background_fork(struct background *background, const int *keep, size_t n_keep,
				     GError **error);

/*
 * In the caller's process: waits until the helper is ready, and returns what it tells (the
 * caller's); NULL with the helper's error, or EPIPE if it died without one.
 */
JsonObject *background_await(struct background *background, GError **error);

/*
 * In the helper: it is ready. report, which becomes the function's, is what the caller's process is
 * told; NULL for nothing. Standard output and error are log_fd from here on, which stays the
 * caller's, or /dev/null if it is negative. False when the caller's process has gone: nobody knows
 * of the network then.
 */
bool background_ready(struct background *background, JsonObject *report, int log_fd,
		      GError **error);

/* In the helper: it cannot be done; cause, cure and errno reach the caller's process. */
void background_failed(struct background *background, const GError *failure);
