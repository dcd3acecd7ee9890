/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysctl - the network sysctls of the calling process's network namespace, by /proc/sys/net */
#include "link/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

bool sysctl_write(const char *name, const char *value, GError **error)
{
	g_autofree char *path = g_strconcat("/proc/sys/net/", name, NULL);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, value, strlen(value)) >= 0)
		return true;
	if (errno != EROFS)
		return failure_errno(error, "write %s to %s", value, path);
	failure_set(error, EROFS,
		    "take --link=tap, or have it writable in the container around "
		    "(podman: --security-opt unmask=/proc/sys)",
		    "%s is read-only here", path);
	return false;
}

bool sysctl_write_device(const char *family, const char *ifname, const char *key, const char *value,
			 GError **error)
{
	g_autofree char *name = g_strdup_printf("%s/conf/%s/%s", family, ifname, key);

	return sysctl_write(name, value, error);
}

void sysctl_use_unpaced_tcp(void)
{
	static const char name[] = "ipv4/tcp_congestion_control";

	if (!sysctl_write(name, "cubic", NULL))
		sysctl_write(name, "reno", NULL);
}

bool sysctl_has_ipv6(const char *ifname)
{
	g_autofree char *path = g_strdup_printf("/proc/sys/net/ipv6/conf/%s", ifname);

	return access(path, F_OK) == 0;
}
