/* SPDX-License-Identifier: GPL-2.0-or-later */
/* volume - what the user mounts into the container: --volume and --tmpfs as texts and values */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

struct volume {
	char *source;	     /* absolute path on the host; NULL: a new tmpfs */
	char *target;	     /* absolute path inside, without "." and ".." and double slashes */
	uint64_t attributes; /* MOUNT_ATTR_* (mount_setattr(2)) */
	GPtrArray *options;  /* of a tmpfs, of char *: keys and values by turns, then NULL */
};

/*
 * Parses SRC:DST[:OPTION,...] of podman-run(1). Options: ro, rw, nosuid, nodev, noexec; suid, dev,
 * exec, rbind, private and rprivate, which are how it is, are accepted. Others are refused with the
 * reason. The file system is not looked at. The caller owns the volume.
 */
struct volume *volume_parse(const char *text, GError **error);

/*
 * Parses PATH[:OPTION,...] of docker-run(1)'s --tmpfs: ro, rw, exec, noexec, suid, nosuid, dev,
 * nodev, size (bytes with suffix, or a percentage of the memory), mode (octal), uid, gid,
 * nr_blocks, nr_inodes. As in docker the default is rw,noexec,nosuid,nodev; the mode is 1777 and
 * the size half of the memory.
 */
struct volume *volume_parse_tmpfs(const char *text, GError **error);

/* Checks on the host that the source, if there is one, exists and can be reached by the caller. */
bool volume_check(const struct volume *volume, GError **error);

/* Orders by target so that what lies below comes after (qsort(3) on struct volume **). */
int volume_compare(const void *a, const void *b);

/* True if path is top or lies below it; both as in struct volume. */
bool volume_path_is_below(const char *path, const char *top);

void volume_free(struct volume *volume);
