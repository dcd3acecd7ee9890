/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_calls - the system calls that the forwarder makes: all others are its end */
#include "forwarder/sandbox_calls.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/call_filter.h"
#include "src/forbidden_call.h"
#include "src/seccomp_profile.h"

/* clang-format off */
/* Beside those of every process (src/call_filter.c). */
static const char *const allowed_calls[] = {
	/* bytes and descriptors */
	"pread64", "splice", "signalfd4",
	"memfd_create", /* egress rules for the launcher */
	/* readiness */
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
	/* sockets, of families that are looked at below */
	"bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername",
	"getsockopt", "setsockopt", "shutdown", "send", "recv", "sendto", "recvfrom", "sendmsg",
	"recvmsg", "sendmmsg", "recvmmsg", "recvmmsg_time64",
	/* what the empty root has, and the container's state directory */
	"stat", "stat64", "lstat", "lstat64", "fstat", "fstat64", "newfstatat", "fstatat64",
	"statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64",
	"flock", "unlinkat",
};

#define NEW_NAMESPACES (CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
			CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
#define THREAD_FLAGS (CLONE_THREAD | CLONE_PTRACE | NEW_NAMESPACES)
#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

static const struct checked_call checked_calls[] = {
	/* The lock of a state directory is opened by another who looks. */
	{"open", 1, WRITING, 0}, {"openat", 2, WRITING, 0},
	/* No process, no namespace: threads. The first argument is the flags but on s390. */
	{"clone", 0, THREAD_FLAGS, CLONE_THREAD},
	/* The C libraries' own, with the first thread: SIGCANCEL and SIGSETXID, but not SIGSYS. */
	{"rt_sigaction", 0, SECCOMP_INT, 32}, {"rt_sigaction", 0, SECCOMP_INT, 33},
	{"rt_sigaction", 0, SECCOMP_INT, 34},
	{"socket", 0, SECCOMP_INT, AF_INET}, {"socket", 0, SECCOMP_INT, AF_INET6},
	{"socketpair", 0, SECCOMP_INT, AF_UNIX},
	{"prctl", 0, SECCOMP_INT, PR_SET_NAME},
	/* Of its own process (src/descriptor_limit.h): without privileges hard limits only go down. */
	{"prlimit64", 0, SECCOMP_INT, 0},
};
/* clang-format on */

/* What libslirp, GLib, the C library and relay_pair.c ask of sockets. */
static const unsigned allowed_ioctls[] = {FIONREAD,    FIONBIO,	   SIOCGIFINDEX,
					  SIOCGIFNAME, SIOCATMARK, SIOCOUTQNSD};

static void on_forbidden(int number, siginfo_t *info, void *context G_GNUC_UNUSED)
{
	char message[FORBIDDEN_CALL_SIZE];

	if (call_filter_has_trapped(number, info)) {
		size_t size = forbidden_call_write(message, info->si_syscall, info->si_arch);
		(void)!sendto(STDIN_FILENO, message, size, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	}
	call_filter_end();
}

bool sandbox_calls_filter(GError **error)
{
	const struct call_filter filter = {
		.allowed = allowed_calls,
		.n_allowed = G_N_ELEMENTS(allowed_calls),
		.checked = checked_calls,
		.n_checked = G_N_ELEMENTS(checked_calls),
		.ioctls = allowed_ioctls,
		.n_ioctls = G_N_ELEMENTS(allowed_ioctls),
		.handler = on_forbidden,
	};

	return call_filter_install(&filter, error);
}
