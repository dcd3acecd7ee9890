/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notifier - tells the launcher what has happened, over the hand-over socket */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/json.h"

struct notifier;

/*
 * socket stays the caller's, must outlive the notifier, and does not block from now on. -1: there
 * is nobody to tell, and everything succeeds.
 */
struct notifier *notifier_new(int socket);
void notifier_free(struct notifier *notifier);

/*
 * Tells what the launcher must know (src/notice.h) and waits, for a second at most, until there is
 * room for it. notice holds an object without the member "notice" and becomes the notifier's; the
 * descriptors stay the caller's. False if it could not be told: ETIMEDOUT, or the launcher is gone.
 */
bool notifier_tell(struct notifier *notifier, const char *kind, JsonNode *notice, const int *fds,
		   size_t n_fds, GError **error);

/*
 * Tells of an event, without ever waiting: one for which there is no room is lost, and the next
 * says how many were ("lost"). details holds an object, or is NULL; it becomes the notifier's.
 */
void notifier_event(struct notifier *notifier, const char *event, JsonNode *details);
