/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deaths - of what the forwarders before this one have died, and whether that is too often */
#pragma once

#include <stdbool.h>

#include "src/json.h"

/* So many deaths within so long are the end. */
#define DEATHS_MAX    5
#define DEATHS_TIME_S 10

struct deaths {
	gint64 times_us[DEATHS_MAX]; /* a ring: when the last ones died */
	unsigned n;
	char *last; /* what became of the last one: "was killed by signal 9"; NULL: none died */
	char *forbidden; /* what one that is about to die says of its sandbox, or NULL */
};

/* Zeroes are none. */
void deaths_done(struct deaths *deaths);

/* A notice of a forwarder that may be its last: the reason for a death that follows. */
void deaths_take_notice(struct deaths *deaths, JsonObject *notice);

/* One has died, with waitpid(2)'s status; changes `last`. */
void deaths_add(struct deaths *deaths, int wait_status);

/* Counts a death, or a start that failed like one. True when there were too many of late. */
bool deaths_count(struct deaths *deaths);

/* That there were too many, or, with a refusal that is not NULL, that another cannot be started. */
GError *deaths_failure(const struct deaths *deaths, const GError *refusal);
