/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seccomp_profile - which system calls do what: the rules before they are compiled */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/*
 * How the action of a call is found: the first rule for its name that has no condition says it, or
 * the profile's default if there is none. A rule whose conditions all hold is heard, too, and what
 * restricts more counts (in the kernel's own order, seccomp(2): kill, trap, errno, trace, log,
 * allow). This is what libseccomp makes of a profile, but for one case: there, a rule without
 * conditions silences all others, so that a restriction beside it would be lost.
 */

enum seccomp_compare { SECCOMP_EQ, SECCOMP_NE, SECCOMP_LT, SECCOMP_LE, SECCOMP_GT, SECCOMP_GE };

/* The mask of a condition on an argument of which the kernel reads an int. */
#define SECCOMP_INT UINT64_C(0xffffffff)

/* (argument & mask) COMPARE value, unsigned. */
struct seccomp_condition {
	unsigned argument; /* 0 to 5 */
	enum seccomp_compare compare;
	uint64_t value;
	uint64_t mask;
};

struct seccomp_rule {
	const char *call; /* belongs to the profile */
	uint32_t action;  /* SECCOMP_RET_* of linux/seccomp.h with its data */
	unsigned first_condition;
	unsigned n_conditions; /* all of them must hold */
};

struct seccomp_profile {
	uint32_t default_action;
	unsigned flags;	       /* SECCOMP_FILTER_FLAG_* */
	GArray *architectures; /* of uint32_t, see syscall_names.h; all others fail with ENOSYS */
	GArray *rules;	       /* of struct seccomp_rule, in order */
	GArray *conditions;    /* of struct seccomp_condition, of all rules */
	GStringChunk *names;
};

void seccomp_profile_init(struct seccomp_profile *profile, uint32_t default_action);
void seccomp_profile_done(struct seccomp_profile *profile);

/* Adds a rule at the end. call and the n conditions are copied; call may have any text. */
void seccomp_profile_add(struct seccomp_profile *profile, const char *call, uint32_t action,
			 const struct seccomp_condition *conditions, size_t n);
