/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver_watch - notices that the host has other name servers (inotify(7)) */
#pragma once

#include "forwarder/notifier.h"
#include "forwarder/watch.h"

struct resolver_watch;

/*
 * Tells notifier, with the event "resolver-changed", whenever the name servers that the resolv.conf
 * at path names first of each family change. Looks at the file and at the directories of path and
 * of what it is a link to, as it is usually replaced. NULL where that cannot be watched: then
 * nothing is told. watch and notifier must outlive it.
 */
struct resolver_watch *resolver_watch_new(const char *path, struct watch *watch,
					  struct notifier *notifier);
/*
 * Accepts NULL. Returns its descriptor (-1: none), which is the caller's, and takes the kernel some
 * 20 ms to close.
 */
int resolver_watch_free(struct resolver_watch *resolver);
