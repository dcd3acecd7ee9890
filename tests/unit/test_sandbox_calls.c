/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sandbox_calls - what a forwarder must not call ends it, and is named */
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "tests/unit/sandbox_fixture.h"

static void call_socket(const void *data)
{
	socket(*(const int *)data, SOCK_STREAM, 0);
}

static void call_ioctl(const void *data)
{
	char byte = '\n';

	ioctl(STDERR_FILENO, *(const unsigned long *)data, &byte);
}

static void call_number(const void *data)
{
	syscall(*(const long *)data, 0, 0, 0, 0, 0, 0);
}

static void call_fork(const void *data G_GNUC_UNUSED)
{
	syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void call_clone(const void *data G_GNUC_UNUSED)
{
	syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWUSER, 0, 0, 0, 0);
}

static void call_mmap(const void *data G_GNUC_UNUSED)
{
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void call_mprotect(const void *data G_GNUC_UNUSED)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void call_kill(const void *data G_GNUC_UNUSED)
{
	kill(getpid(), 0);
}

static void call_tgkill(const void *data G_GNUC_UNUSED)
{
	syscall(SYS_tgkill, 1, 1, 0);
}

static void call_prctl(const void *data G_GNUC_UNUSED)
{
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void call_prlimit(const void *data G_GNUC_UNUSED)
{
	const struct rlimit limit = {1, 1};

	/* Others of the same user would obey. */
	prlimit(1, RLIMIT_NOFILE, &limit, NULL);
}

static void call_sigaction(const void *data G_GNUC_UNUSED)
{
	signal(SIGSYS, SIG_IGN);
}

static void call_open(const void *data G_GNUC_UNUSED)
{
	(void)!open("/proc/self/comm", O_RDWR);
}

static void call_from_thread(const void *data G_GNUC_UNUSED)
{
	const long number = SYS_unshare;

	g_thread_join(
		g_thread_new("other", (GThreadFunc)(void (*)(void))call_number, (void *)&number));
}

static const int families[] = {AF_UNIX, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG};
static const unsigned long ioctls[] = {TIOCSTI, SIOCGSKNS, 0x400454ca /* TUNSETIFF */};
static const long dangerous[] = {
	SANDBOX_FIXTURE_FORBIDDEN,
	SYS_umount2,
	SYS_mkdirat,
	SYS_renameat2,
	SYS_pidfd_open,
#ifndef __SANITIZE_ADDRESS__
	SYS_execve,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_wait4,
	SYS_getppid,
#endif
};

struct forbidden {
	const char *name;
	void (*function)(const void *data);
	const void *data;
};

static const struct forbidden forbidden[] = {
#ifndef __SANITIZE_ADDRESS__
	{"socket", call_socket, &families[0]}, {"socket", call_socket, &families[1]},
	{"socket", call_socket, &families[2]}, {"socket", call_socket, &families[3]},
	{"socket", call_socket, &families[4]}, {"clone", call_fork, NULL},
	{"clone", call_clone, NULL},	       {"mmap", call_mmap, NULL},
	{"mprotect", call_mprotect, NULL},     {"kill", call_kill, NULL},
	{"tgkill", call_tgkill, NULL},	       {"prctl", call_prctl, NULL},
	{"prlimit64", call_prlimit, NULL},     {"rt_sigaction", call_sigaction, NULL},
	{"openat", call_open, NULL},	       {"unshare", call_from_thread, NULL},
#endif
	{"ioctl", call_ioctl, &ioctls[0]},     {"ioctl", call_ioctl, &ioctls[1]},
	{"ioctl", call_ioctl, &ioctls[2]},
};

static void enter_and_call(const void *data)
{
	const struct forbidden *attempt = data;

	sandbox_fixture_enter(-1);
	attempt->function(attempt->data);
}

/* It dies, and its last words name the call; NULL: whichever that is. */
static void assert_forbidden(const struct forbidden *attempt)
{
	struct sandbox_outcome outcome = sandbox_fixture_run(enter_and_call, attempt);
	g_autofree char *told = outcome.forbidden;
	g_autofree char *wanted = g_strdup_printf("'%s'", attempt->name ? attempt->name : "");

	g_assert_true(WIFSIGNALED(outcome.status));
	g_assert_cmpint(WTERMSIG(outcome.status), ==, SIGSYS);
	g_assert_nonnull(told);
	if (attempt->name && !strstr(told, wanted))
		g_error("%s: %s", attempt->name, told);
}

static void test_forbidden(void)
{
	if (!sandbox_fixture_is_possible())
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(forbidden); i++)
		assert_forbidden(&forbidden[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(dangerous); i++)
		assert_forbidden(&(struct forbidden){NULL, call_number, &dangerous[i]});
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sandbox-calls/forbidden", test_forbidden);
	return g_test_run();
}
