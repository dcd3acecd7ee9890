/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idmap - user and group id maps of the new user namespaces (user_namespaces(7)) */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "launcher/id_extent.h"

/*
 * How it works
 *
 * idmap_plan() decides in the launcher, before anything is cloned, which ids there will be. A map
 * that the kernel does not take from the caller is written by newuidmap(1) and newgidmap(1), which
 * check it against subuid(5) and subgid(5). If they fail, auto falls back to the caller's own id
 * alone; processes that were cloned before learn that in idmap_enter() from the kernel.
 *
 * On the gateway link there are two user namespaces, one in the other. The inner one gets the ids
 * of the outer one, each as itself.
 */

enum idmap_mode {
	IDMAP_SINGLE,	/* the caller as 0, nothing else */
	IDMAP_FULL,	/* subordinate ids */
	IDMAP_EXPLICIT, /* as the user gave it */
};

struct idmap_side {
	enum idmap_mode mode;
	struct id_extents extents; /* from the ids of the caller's user namespace */
	uint32_t own;		   /* the caller's id there */
	char *helper;		   /* the program that must write it, or NULL */
	char *note;		   /* why auto came to single, or NULL */
};

struct idmap {
	struct idmap_side uid, gid;
	bool single;	     /* 0 is the only user id: no process can become another user */
	bool may_set_groups; /* setgroups(2) need not be denied */
	bool is_host_root;   /* a user id inside is the host's root: permissions mean nothing */
	bool is_other_user;  /* 0 inside is not the caller: what only he can reach is lost */
	bool tell;	     /* the user should hear of idmap_note() */
};

struct identity_options;
struct idmap_host;

/* "single", "full" or "explicit". */
const char *idmap_mode_name(enum idmap_mode mode);

/* True if the calling process's effective uid is 0, and is 0 in the parent user namespace, too. */
bool idmap_is_real_root(void);

/* Why auto came to single, or NULL; idmap's. */
const char *idmap_note(const struct idmap *idmap);

/*
 * Chooses the maps for the calling process. auto is its own ids as 0 and behind them what
 * subid_find() grants, as far as this user namespace has it; without that, or without the means to
 * write it, its own ids alone, with a note. For the host's root it is never his own ids together
 * with others: with subordinate ids for root, 0 is the first of those. An explicit map may hold the
 * caller's own id and what subid_find() grants, and anything with CAP_SETUID or CAP_SETGID; other
 * ids, a missing helper and a map without 0 are errors that name the range, the file and the cure.
 * idmap_done() is the caller's.
 */
bool idmap_plan(const struct identity_options *options, struct idmap *ret_idmap, GError **error);
void idmap_done(struct idmap *idmap);

/* The same on a host that the caller describes (launcher/idmap_host.h). */
bool idmap_plan_on(const struct idmap_host *host, const struct identity_options *options,
		   struct idmap *ret_idmap, GError **error);

/*
 * For the launcher: writes both maps into the new user namespace of process pid, a child of the
 * caller's. Denies setgroups(2) where the kernel would not take the map of groups else. If a helper
 * fails for auto, idmap becomes what is written then, with a note.
 */
bool idmap_write(struct idmap *idmap, pid_t pid, GError **error);

/*
 * For a process that has entered: writes the ids of its own user namespace, each as itself, into
 * the one of process pid, a child of it. Whether setgroups(2) is denied is inherited.
 */
bool idmap_write_nested(const struct idmap *idmap, pid_t pid, GError **error);

/*
 * For the first process of a user namespace whose maps are written: makes idmap what they are,
 * drops all supplementary groups where setgroups(2) is not denied, and becomes uid 0 and gid 0.
 * What a change of credentials takes away is restored: the death signal SIGKILL (PR_SET_PDEATHSIG)
 * and the dumpable flag, without which /proc/PID would be closed to the parent namespace.
 */
bool idmap_enter(struct idmap *idmap, GError **error);
