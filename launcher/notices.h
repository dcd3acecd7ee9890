/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notices - takes what the running forwarder tells of itself (src/notice.h) */
#pragma once

#include <stddef.h>

#include "src/json.h"

struct notices;

/*
 * One notice. The descriptors are closed after the call; who keeps one puts -1 into its place.
 */
typedef void (*notices_handler)(const char *kind, JsonObject *notice, int *fds, size_t n_fds,
				void *opaque);

/*
 * Calls handler, in the default main context, for each notice that comes on socket, which stays the
 * caller's and must outlive notices. Stops by itself when the forwarder has closed its end: that is
 * its death, which SIGCHLD tells. What is no notice is ignored.
 */
struct notices *notices_new(int socket, notices_handler handler, void *opaque);
/* Takes what has come and is not yet read, then ends. Accepts NULL. */
void notices_free(struct notices *notices);
