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

static bool check_kind(int fd, int type, const char *name, GError **error)
{
	if (ioctl(fd, NS_GET_NSTYPE) == type)
		return true;
	failure_set(error, EINVAL, NULL, "%s is no %s namespace", name,
		    type == CLONE_NEWNET ? "network" : "user");
	return false;
}

static bool find_userns(int netns, int *ret_fd, GError **error)
{
	int fd = ioctl(netns, NS_GET_USERNS);

	if (fd < 0 && errno != EPERM)
		return failure_errno(error, "find the user namespace that owns the network's");
	*ret_fd = fd;
	return true;
}

/* *ret_fd is -1 where there is nothing to enter. */
static bool open_userns(int netns, const char *path, int *ret_fd, GError **error)
{
	autoclose int fd = path ? open_namespace(path, error) : -1;

	if (path ? fd < 0 : !find_userns(netns, &fd, error))
		return false;
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

	if (netns < 0 || !check_kind(netns, CLONE_NEWNET, path, error) ||
	    !open_userns(netns, userns_path, &userns, error))
		return false;
	*ret_target = (struct netns){g_steal_fd(&netns), g_steal_fd(&userns)};
	return true;
}

bool netns_adopt(int netns, int userns, struct netns *ret_target, GError **error)
{
	autoclose int own_netns = netns, own_userns = userns;
	g_autofree char *netns_name = g_strdup_printf("descriptor %d", netns);
	g_autofree char *userns_name = g_strdup_printf("descriptor %d", userns);

	if (!check_kind(own_netns, CLONE_NEWNET, netns_name, error))
		return false;
	if (own_userns < 0 && !find_userns(own_netns, &own_userns, error))
		return false;
	if (own_userns >= 0 && !check_kind(own_userns, CLONE_NEWUSER, userns_name, error))
		return false;
	if (own_userns >= 0 && is_own(own_userns, "/proc/self/ns/user"))
		close_fd(&own_userns);
	*ret_target = (struct netns){g_steal_fd(&own_netns), g_steal_fd(&own_userns)};
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
