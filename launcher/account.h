/* SPDX-License-Identifier: GPL-2.0-or-later */
/* account - a user of the container: from --user and the container's own /etc/passwd, /etc/group */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

struct idmap;

struct account {
	uid_t uid;
	gid_t gid;
	GArray *groups; /* of gid_t: all groups, gid among them, without those that are not mapped
			 */
	char *home;	/* an absolute path; it need not exist */
	char *name;	/* NULL: uid has no entry in /etc/passwd */
};

void account_done(struct account *account);

/* Checks the grammar of UID|NAME[:GID|NAME] alone. */
bool account_check(const char *spec, GError **error);

/*
 * Looks spec (UID|NAME[:GID|NAME]; NULL is root) up in the calling process's own root. What is all
 * digits is an id and needs no entry. Without a group it is the entry's group (0 without an entry),
 * and groups are those of initgroups(3); with one, it is the only group. home is the entry's, else
 * "/". idmap is the map of the calling process's user namespace: an id that it has not is an error.
 * account_done() is the caller's.
 *
 * The files are not trusted: only regular ones of up to 4 MiB are read, opening does not block, and
 * what is not a line of passwd(5) or group(5) is skipped. Only for a name that matters.
 */
bool account_resolve(const char *spec, const struct idmap *idmap, struct account *ret_account,
		     GError **error);

/* The same with the two files' texts; NULL: there is none. */
struct account_files {
	char *passwd, *group;
};
bool account_resolve_from(const struct account_files *files, const char *spec,
			  const struct idmap *idmap, struct account *ret_account, GError **error);

/*
 * Makes the calling process, root of its user namespace, the user: supplementary groups where they
 * may be set, gid and uid, real, effective and saved.
 */
bool account_become(const struct account *account, const struct idmap *idmap, GError **error);
