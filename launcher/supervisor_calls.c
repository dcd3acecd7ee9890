/* SPDX-License-Identifier: GPL-2.0-or-later */
/* supervisor_calls - the system calls that a supervisor makes: all others are its end */
#include "launcher/supervisor_calls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/call_filter.h"
#include "src/seccomp_profile.h"
#include "src/syscall_names.h"

/* clang-format off */
/* Beside those of every process (src/call_filter.c). */
static const char *const allowed_calls[] = {
	/* clients, the forwarder, the deputy */
	"accept4", "getsockname", "getpeername", "getsockopt", "setsockopt", "shutdown",
	"send", "recv", "sendto", "recvfrom", "sendmsg", "recvmsg",
	/* files, as far as Landlock lets it */
	"open", "openat", "pread64", "pwrite64", "stat", "stat64", "lstat", "lstat64", "fstat",
	"fstat64", "newfstatat", "fstatat64", "statx", "fstatfs", "fstatfs64", "access",
	"faccessat", "faccessat2", "readlink", "readlinkat", "getdents64", "getcwd", "flock",
	"mkdir", "mkdirat", "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2",
	"ftruncate", "ftruncate64", "fallocate", "inotify_add_watch", "inotify_rm_watch",
	/* its processes, and those of the container */
	"wait4", "waitid", "kill", "pidfd_open", "pidfd_send_signal", "getppid", "getpgrp",
	"getpgid", "rt_sigpending", "rt_sigtimedwait", "rt_sigtimedwait_time64",
};

static const struct checked_call checked_calls[] = {
	{"socketpair", 0, SECCOMP_INT, AF_UNIX},
	/* To die of what has ended it. Not of SIGSYS. */
	{"rt_sigaction", 0, SECCOMP_INT, SIGHUP}, {"rt_sigaction", 0, SECCOMP_INT, SIGINT},
	{"rt_sigaction", 0, SECCOMP_INT, SIGQUIT}, {"rt_sigaction", 0, SECCOMP_INT, SIGTERM},
	/* The last two are of one that connects: others could have the user's session do it all. */
	{"socket", 0, SECCOMP_INT, AF_UNIX}, {"connect", 0, 0, 0},
};
#define N_CONNECTING 2
/* clang-format on */

/* The caller's terminal and the command's. The last are TCGETS2 and its like (<asm/termbits.h>,
 * which clashes), of newer C libraries. */
static const unsigned allowed_ioctls[] = {
	TCGETS,	    TCSETS,   TCSETSW, TCSETSF,	   TIOCGPGRP,  TIOCSPGRP,  TIOCGWINSZ,
	TIOCSWINSZ, FIONREAD, FIONBIO, 0x802c542a, 0x402c542b, 0x402c542c, 0x402c542d,
};

/*
 * In the handler of a signal, but of one's own doing: no call that malloc(3) and the like make is
 * forbidden, so they have not been interrupted.
 */
static void tell(const siginfo_t *info)
{
	g_autofree char *name = syscall_name(info->si_arch, info->si_syscall);
	g_autofree char *text = g_strdup_printf(
		"%s: its sandbox does not allow the system call '%s'\n"
		"%s: hint: --sandbox=off, or NETNS_RUN_SANDBOX=off, does; please report it\n",
		program_invocation_short_name, name, program_invocation_short_name);

	(void)!write(STDERR_FILENO, text, strlen(text));
}

static void on_forbidden(int number, siginfo_t *info, void *context G_GNUC_UNUSED)
{
	if (call_filter_has_trapped(number, info))
		tell(info);
	call_filter_end();
}

bool supervisor_calls_filter(bool connects, GError **error)
{
	const struct call_filter filter = {
		.allowed = allowed_calls,
		.n_allowed = G_N_ELEMENTS(allowed_calls),
		.checked = checked_calls,
		.n_checked = G_N_ELEMENTS(checked_calls) - (connects ? 0 : N_CONNECTING),
		.ioctls = allowed_ioctls,
		.n_ioctls = G_N_ELEMENTS(allowed_ioctls),
		.handler = on_forbidden,
	};

	return call_filter_install(&filter, error);
}
