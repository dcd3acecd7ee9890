/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespaces - fresh namespaces for unit tests, without privileges */
#include "tests/unit/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/autoclose.h"

static bool write_file(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* proc_dir is the process's directory in /proc; the ids are those of the caller's old namespace. */
static bool map_root(const char *proc_dir, uid_t uid, gid_t gid)
{
	g_autofree char *uid_map = g_strdup_printf("0 %u 1", uid);
	g_autofree char *gid_map = g_strdup_printf("0 %u 1", gid);

	return write_file(proc_dir, "setgroups", "deny") &&
	       write_file(proc_dir, "uid_map", uid_map) && write_file(proc_dir, "gid_map", gid_map);
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
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return skip("no user and network namespaces");
	if (!map_root("/proc/self", uid, gid))
		return skip("cannot map root");
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		return skip("/dev/net/tun");
	return true;
}

bool namespaces_run(bool (*function)(const void *data), const void *data)
{
	const unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
				    CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP | SIGCHLD;
	int mapped[2], status;
	char go;

	if (pipe2(mapped, O_CLOEXEC) < 0)
		return false;
	pid_t pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		close(mapped[1]);
		_exit(read(mapped[0], &go, 1) == 1 && function(data) ? 0 : 1);
	}
	close(mapped[0]);
	g_autofree char *proc_dir = g_strdup_printf("/proc/%d", pid);
	bool started =
		pid > 0 && map_root(proc_dir, geteuid(), getegid()) && write(mapped[1], "", 1) == 1;

	close(mapped[1]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && started && status == 0;
}

static bool do_nothing(const void *data G_GNUC_UNUSED)
{
	return true;
}

bool namespaces_allowed(void)
{
	return namespaces_run(do_nothing, NULL) || skip("no namespaces of all kinds");
}
