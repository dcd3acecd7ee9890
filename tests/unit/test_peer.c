/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_peer - who may tell us what to do: not whoever has the PID of one that has gone */
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/peer.h"
#include "tests/unit/namespaces.h"

#define PEERPIDFD 77

/* An abstract name of the kernel's choice. */
static int listen_somewhere(struct sockaddr_un *ret_address, socklen_t *ret_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	autoclose int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret_size = sizeof(*ret_address);
	if (bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)) < 0 ||
	    listen(listener, 8) < 0 ||
	    getsockname(listener, (struct sockaddr *)ret_address, ret_size) < 0)
		return -1;
	return g_steal_fd(&listener);
}

static void connect_to(const struct sockaddr_un *address, socklen_t size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (const struct sockaddr *)address, size) < 0)
		_exit(1);
}

/* A process that connects, and stays if it is to; flags are of clone(2). */
static pid_t start_client(const struct sockaddr_un *address, socklen_t size, unsigned long flags,
			  bool stays)
{
	pid_t pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0) {
		connect_to(address, size);
		if (stays)
			pause();
		_exit(0);
	}
	return pid;
}

static bool has_ended(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && status == 0;
}

static bool end(pid_t pid)
{
	return kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid;
}

/* Another process with this PID, of our own PID namespace. */
static pid_t start_with_pid(pid_t pid)
{
	struct clone_args arguments = {
		.exit_signal = SIGCHLD,
		.set_tid = (uint64_t)(uintptr_t)&pid,
		.set_tid_size = 1,
	};
	pid_t started = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));

	if (started == 0) {
		pause();
		_exit(0);
	}
	return started;
}

static bool is_accepted(int listener)
{
	autoclose int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	g_assert_cmpint(fd, >=, 0);
	return peer_is_owner(fd, listener);
}

/* --- as the first process of a PID namespace --- */

static bool in_own_namespace(const void *data)
{
	bool (*function)(int, const struct sockaddr_un *, socklen_t) =
		*(bool (*const *)(int, const struct sockaddr_un *, socklen_t))data;
	struct sockaddr_un address;
	socklen_t size;

	if (mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0)
		return false;
	autoclose int listener = listen_somewhere(&address, &size);
	return listener >= 0 && function(listener, &address, size);
}

static bool check_who_is_there(int listener, const struct sockaddr_un *address, socklen_t size)
{
	pid_t own = start_client(address, size, 0, true);
	bool own_accepted = is_accepted(listener);
	pid_t inner = start_client(address, size, CLONE_NEWPID, true);
	bool inner_accepted = is_accepted(listener);

	return end(own) && end(inner) && own_accepted && !inner_accepted;
}

/* It has come from a PID namespace within ours, and its PID is by now that of one that has not. */
static bool check_reuse(int listener, const struct sockaddr_un *address, socklen_t size)
{
	pid_t gone = start_client(address, size, CLONE_NEWPID, false);
	pid_t other = has_ended(gone) ? start_with_pid(gone) : -1;

	return other == gone && !is_accepted(listener) && end(other);
}

static bool has_peer_pidfd(void)
{
	int pair[2], fd = -1;
	socklen_t size = sizeof(fd);

	g_assert_no_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	bool has = getsockopt(pair[0], SOL_SOCKET, PEERPIDFD, &fd, &size) == 0;
	close_fd(&fd);
	close(pair[0]);
	close(pair[1]);
	return has;
}

static void run(bool (*function)(int, const struct sockaddr_un *, socklen_t))
{
	if (namespaces_allowed())
		g_assert_true(namespaces_run(in_own_namespace, &function));
}

static void test_who_is_there(void)
{
	run(check_who_is_there);
}

static void test_reuse(void)
{
	if (!has_peer_pidfd())
		g_test_skip("Linux before 6.5");
	else
		run(check_reuse);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/peer/who-is-there", test_who_is_there);
	g_test_add_func("/peer/reuse", test_reuse);
	return g_test_run();
}
