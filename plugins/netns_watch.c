/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns_watch - notices that the path of a network namespace leads to it no more */
#include "plugins/netns_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fd_source.h"

struct netns_watch {
	char *path;
	dev_t device;
	ino_t inode;
	int pidfd, mounts; /* the one that is needed, else -1 */
	GSource *source;
	netns_watch_handler handler;
	void *opaque;
};

/* The process of a path in /proc; 0 for one that is elsewhere. */
static pid_t process_of(const char *path)
{
	int pid = 0, end = 0;

	if (sscanf(path, "/proc/%d/%n", &pid, &end) != 1 || end == 0)
		return 0;
	return pid > 0 ? pid : 0;
}

static bool leads_there(const struct netns_watch *watch)
{
	struct stat now;

	return stat(watch->path, &now) == 0 && now.st_dev == watch->device &&
	       now.st_ino == watch->inode;
}

static void tell(struct netns_watch *watch)
{
	g_clear_pointer(&watch->source, fd_source_free);
	watch->handler(watch->opaque);
}

static void on_process(int fd G_GNUC_UNUSED, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	tell(opaque);
}

static void on_mounts(int fd G_GNUC_UNUSED, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	if (!leads_there(opaque))
		tell(opaque);
}

static bool watch_process(struct netns_watch *watch, pid_t pid, GError **error)
{
	watch->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (watch->pidfd < 0)
		return failure_errno(error, "watch process %d", (int)pid);
	watch->source = fd_source_new(NULL, watch->pidfd, G_IO_IN, on_process, watch);
	return true;
}

static bool watch_mount(struct netns_watch *watch, GError **error)
{
	watch->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (watch->mounts < 0)
		return failure_errno(error, "open /proc/self/mountinfo");
	watch->source = fd_source_new(NULL, watch->mounts, G_IO_PRI, on_mounts, watch);
	return true;
}

static bool begin(struct netns_watch *watch, int netns, GError **error)
{
	struct stat there;
	pid_t pid = process_of(watch->path);

	if (fstat(netns, &there) < 0)
		return failure_errno(error, "stat the network namespace %s", watch->path);
	watch->device = there.st_dev;
	watch->inode = there.st_ino;
	if (pid ? !watch_process(watch, pid, error) : !watch_mount(watch, error))
		return false;
	/* From here on nothing is missed. */
	if (leads_there(watch))
		return true;
	failure_set(error, ESTALE, NULL, "%s is not that network namespace any more", watch->path);
	return false;
}

struct netns_watch *netns_watch_new(const char *path, int netns, netns_watch_handler handler,
				    void *opaque, GError **error)
{
	struct netns_watch *watch = g_new(struct netns_watch, 1);

	*watch = (struct netns_watch){
		.path = g_strdup(path),
		.pidfd = -1,
		.mounts = -1,
		.handler = handler,
		.opaque = opaque,
	};
	if (!begin(watch, netns, error))
		g_clear_pointer(&watch, netns_watch_free);
	return watch;
}

void netns_watch_free(struct netns_watch *watch)
{
	if (!watch)
		return;
	fd_source_free(watch->source);
	close_fd(&watch->pidfd);
	close_fd(&watch->mounts);
	g_free(watch->path);
	g_free(watch);
}
