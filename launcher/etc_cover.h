/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etc_cover - a directory of somebody else's, with files of ours in it that nobody can uncover */
#pragma once

#include <stdbool.h>

/*
 * How it works
 *
 * A mount on a file is gone as soon as somebody removes that file, or renames another one over it,
 * in whatever mount namespace (rename(2) does not fail with EBUSY there). Network managers do that
 * with resolv.conf. So the directory is covered instead: by a read-only overlay of a directory that
 * has our files, and of what was there.
 *
 * overlayfs remembers what it has found and does not notice when a file below it is replaced. So
 * all directories in it are bound on top, where changes show at once, as is what can be written,
 * and what is neither file nor link. For the others, passwd(5) and the like, whoever watches the
 * directory calls etc_cover_refresh() after each change in it.
 */
struct etc_cover {
	int dir, files;	   /* until etc_cover_bind() */
	int overlay;	   /* until then, too */
	bool is_read_only; /* what can be written now will not be */
	int refresh;	   /* for etc_cover_refresh(); -1: nothing is covered */
};

/* Nothing is covered. */
void etc_cover_init(struct etc_cover *cover);
/* Closes what is open. What is covered stays. */
void etc_cover_done(struct etc_cover *cover);

/* True if nobody inside could make, rename or remove an entry of dir (O_PATH) at this time. */
bool etc_cover_is_closed(int dir);

/*
 * Covers dir by what it holds and the entries of files, which hide those of the same names. Both
 * are O_PATH, in attached mounts, and stay the caller's. Needs the host's /proc in sight. Nothing
 * is covered where overlayfs refuses: before Linux 5.11, for dir's kind of file system, for an
 * overlay of overlays, and when mounts of the parent user namespace lie below dir.
 */
void etc_cover_mount(struct etc_cover *cover, int dir, int files, bool is_read_only);

/*
 * Binds what is to change at once, in the mount namespace of etc_cover_mount(). It is some hundred
 * calls, for a time when others are waited for, but before anything else is mounted below dir. Does
 * nothing where nothing is covered, or when called again.
 */
void etc_cover_bind(struct etc_cover *cover);

/*
 * Lets the overlay look at its directories again, but for files that are open. refresh is that of a
 * cover, or a duplicate; the caller is the owner of its user namespace, in whatever namespaces that
 * one is. False with errno set.
 */
bool etc_cover_refresh(int refresh);
