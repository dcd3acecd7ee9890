/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns - a network namespace of others, and the user namespace that one is root of it in */
#include "plugins/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

/* Without blocking: a path that leads to a pipe must not hold us. */
static int open_namespace(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		failure_errno(error, "open the namespace %s", path);
	return fd;
}

static bool is_own(int fd, const char *own_path)
{
	struct stat own, other;

	return stat(own_path, &own) == 0 && fstat(fd, &other) == 0 && own.st_dev == other.st_dev &&
	       own.st_ino == other.st_ino;
}

static bool check_kind(int fd, const char *path, GError **error)
{
	if (ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET)
		return true;
	failure_set(error, EINVAL, NULL, "%s is no network namespace", path);
	return false;
}

/* *ret_fd is -1 where there is nothing to enter. */
static bool open_userns(int netns, const char *path, int *ret_fd, GError **error)
{
	autoclose int fd = path ? open_namespace(path, error) : ioctl(netns, NS_GET_USERNS);

	if (fd < 0 && path)
		return false;
	if (fd < 0 && errno != EPERM)
		return failure_errno(error, "find the user namespace that owns the network's");
	*ret_fd = fd < 0 || is_own(fd, "/proc/self/ns/user") ? -1 : g_steal_fd(&fd);
	return true;
}

void netns_init(struct netns *target)
{
	*target = (struct netns){.netns = -1, .userns = -1};
}

void netns_done(struct netns *target)
{
	close_fd(&target->netns);
	close_fd(&target->userns);
}

bool netns_open(const char *path, const char *userns_path, struct netns *ret_target, GError **error)
{
	autoclose int netns = open_namespace(path, error);
	autoclose int userns = -1;

	if (netns < 0 || !check_kind(netns, path, error) ||
	    !open_userns(netns, userns_path, &userns, error))
		return false;
	*ret_target = (struct netns){g_steal_fd(&netns), g_steal_fd(&userns)};
	return true;
}

bool netns_is_own(const struct netns *target)
{
	return is_own(target->netns, "/proc/self/ns/net");
}

bool netns_enter(const struct netns *target, GError **error)
{
	if (target->userns >= 0 && setns(target->userns, CLONE_NEWUSER) < 0)
		return failure_errno(error, "enter the user namespace");
	return setns(target->netns, CLONE_NEWNET) == 0 ||
	       failure_errno(error, "enter the network namespace");
}
