/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limit - what a container may use at most, as values */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/json.h"

enum limit {
	LIMIT_MEMORY,	   /* bytes */
	LIMIT_MEMORY_SWAP, /* bytes, of memory and swap together as docker(1) counts */
	LIMIT_CPUS,	   /* microseconds of CPU in each LIMITS_CPU_PERIOD */
	LIMIT_CPUSET_CPUS, /* its value is in struct limits.cpus */
	LIMIT_PIDS,	   /* processes and threads */
	LIMIT_IO_WEIGHT,   /* 1 to 10000 */
	N_LIMITS,
};

/* The value of a limit that has been lifted. */
#define LIMIT_NONE	  G_MAXUINT64
#define LIMITS_CPU_PERIOD 100000
#define LIMITS_CPUS_SIZE  256

/* {0} is: no limit is set. */
struct limits {
	bool is_set[N_LIMITS];
	guint64 values[N_LIMITS];
	char cpus[LIMITS_CPUS_SIZE]; /* a list as "0-2,5"; empty: all */
};

/*
 * Sets a limit by the name of its option without dashes ("memory") from the text of its value;
 * "max" and -1 lift one. Fails with EINVAL for a name or value that is none, ERANGE for one that is
 * out of range; limits is untouched then.
 */
bool limits_parse_member(struct limits *limits, const char *name, const char *value,
			 GError **error);

/* Checks what one value cannot tell: swap without memory, or less of both than of memory. */
bool limits_check(const struct limits *limits, GError **error);

/* Takes over from changes what is set there. */
void limits_merge(struct limits *limits, const struct limits *changes);

/* Whether a limit is set. */
bool limits_any(const struct limits *limits);

/*
 * How much may be swapped out: memory.swap.max of cgroup v2, which counts swap alone. Without
 * LIMIT_MEMORY_SWAP as much as LIMIT_MEMORY, as docker(1) does. LIMIT_MEMORY must be set.
 */
guint64 limits_swap(const struct limits *limits);

/* "memory", "cpu", ...: the cgroup controller that enforces a limit. */
const char *limits_controller(enum limit limit);
/* The name of its option, without dashes. */
const char *limits_name(enum limit limit);

/*
 * Adds the member "limits", an object with what is set, by the names of the options: bytes, CPUs,
 * processes, a list of CPUs; -1 for what was lifted.
 */
void limits_add_json(const struct limits *limits, JsonBuilder *builder);
