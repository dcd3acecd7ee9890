/* SPDX-License-Identifier: GPL-2.0-or-later */
/* in_namespaces - runs a test's function as the first process of new namespaces */
#include "tests/unit/in_namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"

static bool write_file(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool map_ids(pid_t pid)
{
	g_autofree char *setgroups = g_strdup_printf("/proc/%d/setgroups", pid);
	g_autofree char *uid_map = g_strdup_printf("/proc/%d/uid_map", pid);
	g_autofree char *gid_map = g_strdup_printf("/proc/%d/gid_map", pid);
	g_autofree char *uid = g_strdup_printf("0 %u 1", geteuid());
	g_autofree char *gid = g_strdup_printf("0 %u 1", getegid());

	return write_file(setgroups, "deny") && write_file(uid_map, uid) &&
	       write_file(gid_map, gid);
}

bool in_namespaces_run(bool (*function)(const void *data), const void *data)
{
	const unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
				    CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP | SIGCHLD;
	int mapped[2], status;
	char go;
	pid_t pid;

	if (pipe2(mapped, O_CLOEXEC) < 0)
		return false;
	pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		close(mapped[1]);
		_exit(read(mapped[0], &go, 1) == 1 && function(data) ? 0 : 1);
	}
	close(mapped[0]);
	bool started = pid > 0 && map_ids(pid) && write(mapped[1], "", 1) == 1;

	close(mapped[1]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && started && status == 0;
}

static bool do_nothing(const void *data)
{
	(void)data;
	return true;
}

bool in_namespaces_allowed(void)
{
	if (in_namespaces_run(do_nothing, NULL))
		return true;
	if (g_strcmp0(g_getenv("NETNS_TESTS_STRICT"), "1") == 0)
		g_test_fail_printf("user namespaces are not allowed here");
	else
		g_test_skip("user namespaces are not allowed here");
	return false;
}
