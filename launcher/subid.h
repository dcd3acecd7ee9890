/* SPDX-License-Identifier: GPL-2.0-or-later */
/* subid - the subordinate ids that the host grants a user (subuid(5), subgid(5)) */
#pragma once

#include <sys/types.h>

#include "launcher/id_range.h"

/* Below are the ids of real users (SUB_UID_MIN of login.defs(5)). */
#define SUBID_MIN 100000

/* Where subordinate user ids, or subordinate group ids, are found. */
struct subid_source {
	const char *file;      /* /etc/subuid or /etc/subgid */
	const char *nsswitch;  /* nsswitch.conf(5): a "subid" line names a name service */
	const char *getsubids; /* program that asks it, searched in PATH unless it has a slash */
	bool groups;	       /* ids of groups */
};

/* The host's own. */
extern const struct subid_source subid_users, subid_groups;

/* Both files name users, also the one for groups. */
struct subid_owner {
	uid_t uid;
	const char *name; /* NULL: uid has none */
};

/*
 * The ids that source grants owner, by name or by number, in the order of the lines; no id twice.
 * Where the file grants none and nsswitch.conf(5) names a service for them, getsubids(1) is asked.
 * What cannot be read or parsed grants nothing. The array (of struct id_range) is the caller's.
 */
GArray *subid_find(const struct subid_source *source, const struct subid_owner *owner);

/* The user of source's file other than owner that range is granted to, wholly or in part, or NULL;
 * the caller's. */
char *subid_holder(const struct subid_source *source, const struct subid_owner *owner,
		   struct id_range range);

/* A range that source's file grants nobody, from SUBID_MIN on: 65536 ids (useradd(8)). */
struct id_range subid_free(const struct subid_source *source);
