/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver_feed - reads the host's resolv.conf for the forwarder, which sees no files */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/deputy.h"

/* The host's. */
#define RESOLV_CONF_PATH "/etc/resolv.conf"

/*
 * The lines of a resolv.conf(5) that name servers or set options, at most 4 KiB of them; "" when it
 * cannot be read. A deputy, if there is one, opens the host's in place of path. The caller frees.
 */
char *resolver_feed_read(const char *path, struct deputy *deputy);

struct resolver_feed;

/* text is what resolver_feed_read() returned; it stays the feed's. */
typedef void (*resolver_feed_handler)(const char *text, void *opaque);

/*
 * Calls handler, from the default main context, whenever that text changes; path is copied. Looks
 * at the file and at the directories of path and of what it is a link to (inotify(7)), as it is
 * usually replaced. NULL where that cannot be watched.
 */
struct resolver_feed *resolver_feed_new(const char *path, resolver_feed_handler handler,
					void *opaque);

/*
 * From now on the cover of rootfs's /etc (launcher/etc_cover.h) is told of each change there. cover
 * stays the caller's and outlives the feed. To be called once.
 */
void resolver_feed_cover(struct resolver_feed *feed, const char *rootfs, int cover);
/* The deputy tells it, and opens the host's file, from now on. A feed of NULL is accepted. */
void resolver_feed_use_deputy(struct resolver_feed *feed, struct deputy *deputy);

/* What was read last; it stays the feed's. NULL for a feed of NULL. */
const char *resolver_feed_text(const struct resolver_feed *feed);

/*
 * What the feed watches with: whoever closes the last duplicate waits some 20 ms for the kernel, so
 * that should not be a process that others wait for. It stays the feed's; -1 for a feed of NULL.
 */
int resolver_feed_fd(const struct resolver_feed *feed);

/* Accepts NULL. */
void resolver_feed_free(struct resolver_feed *feed);
