/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespaces - fresh namespaces for unit tests, without privileges */
#include "tests/unit/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "src/autoclose.h"

static bool write_file(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool skip(const char *what)
{
	g_autofree char *reason = g_strdup_printf("%s: %s", what, g_strerror(errno));

	if (g_strcmp0(g_getenv("NETNS_TESTS_STRICT"), "1") == 0)
		g_test_fail_printf("%s", reason);
	else
		g_test_skip(reason);
	return false;
}

bool namespaces_enter(void)
{
	g_autofree char *uid_map = g_strdup_printf("0 %u 1\n", (unsigned)geteuid());
	g_autofree char *gid_map = g_strdup_printf("0 %u 1\n", (unsigned)getegid());

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return skip("no user and network namespaces");
	if (!write_file("/proc/self/setgroups", "deny") ||
	    !write_file("/proc/self/uid_map", uid_map) ||
	    !write_file("/proc/self/gid_map", gid_map))
		return skip("cannot map root");
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		return skip("/dev/net/tun");
	return true;
}
