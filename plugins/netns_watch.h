/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns_watch - notices that the path of a network namespace leads to it no more */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * How it works
 *
 * A path is /proc/PID/ns/net, and then as good as its process (pidfd_open(2)), or a file that the
 * namespace is mounted on (ip-netns(8)). Then the calling process's own mounts tell: they change
 * (proc_pid_mountinfo(5), poll(2)) when it is unmounted here, and also when its file is unlinked
 * where the mount is not seen. It is the file's identity that counts. No inotify(7): closing that
 * takes the kernel some 20 ms, which whoever ends the network would wait for.
 */
struct netns_watch;

/* Called at most once, in the default main context; the watch may be freed from it. */
typedef void (*netns_watch_handler)(void *opaque);

/*
 * path is absolute, and netns a descriptor of the namespace that it leads to: if it is another
 * already, that is an error (ESTALE). netns stays the caller's, and is not kept. NULL on error.
 */
struct netns_watch *netns_watch_new(const char *path, int netns, netns_watch_handler handler,
				    void *opaque, GError **error);
/* Accepts NULL. */
void netns_watch_free(struct netns_watch *watch);
