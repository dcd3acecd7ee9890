/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox_calls - the system calls that the forwarder makes: all others are its end
 *
 * How it works
 *
 * What is not in the lists below traps: the kernel does not make the call but sends SIGSYS, whose
 * handler says which call it was and ends the process. The handler cannot be taken away, as
 * rt_sigaction(2) of SIGSYS is not in the lists; where the signal is blocked the kernel kills at
 * once.
 *
 * A name that an architecture has no call for is left out, so the lists have old and new ones.
 */
#include "forwarder/sandbox_calls.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <unistd.h>

#include "src/failure.h"
#include "src/forbidden_call.h"
#include "src/seccomp_compiler.h"
#include "src/syscall_names.h"

/* si_code of SECCOMP_RET_TRAP (seccomp(2)), from <asm-generic/siginfo.h>, which clashes. */
#define TRAPPED 1

/* clang-format off */
static const char *const allowed_calls[] = {
	/* bytes and descriptors */
	"read", "write", "readv", "writev", "pread64", "splice", "close", "close_range", "dup",
	"dup2", "dup3", "fcntl", "fcntl64", "lseek", "_llseek", "pipe2", "eventfd2", "signalfd4",
	"memfd_create", /* egress rules for the launcher */
	/* readiness */
	"poll", "ppoll", "ppoll_time64", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
	"epoll_pwait2", "select", "_newselect", "pselect6", "pselect6_time64",
	/* sockets, of families that are looked at below */
	"bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername",
	"getsockopt", "setsockopt", "shutdown", "send", "recv", "sendto", "recvfrom", "sendmsg",
	"recvmsg", "sendmmsg", "recvmmsg", "recvmmsg_time64",
	/* what the empty root has, and the container's state directory */
	"stat", "stat64", "lstat", "lstat64", "fstat", "fstat64", "newfstatat", "fstatat64",
	"statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64",
	"flock", "unlinkat",
	/* memory */
	"brk", "munmap", "mremap", "madvise",
	/* time, and what a process knows of itself */
	"clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "gettimeofday",
	"time", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "getpid", "gettid",
	"getuid", "geteuid", "getgid", "getegid", "getrusage", "getrlimit", "ugetrlimit", "uname",
	"sysinfo", "getrandom", "getcpu", "sched_getaffinity", "sched_yield",
	/* threads, signals, the end */
	"futex", "futex_time64", "set_robust_list", "rseq", "membarrier", "rt_sigprocmask",
	"rt_sigreturn", "sigreturn", "sigaltstack", "restart_syscall", "exit", "exit_group",
#ifdef __SANITIZE_ADDRESS__
	/* of the sanitizers, which also look for leaks from a process of their own */
	"mmap", "mmap2", "mprotect", "open", "openat", "clone", "fork", "vfork", "wait4", "ptrace",
	"prctl", "rt_sigaction", "tgkill", "kill", "getppid", "prlimit64", "getdents", "capget",
	"pipe", "socket", "process_vm_readv", "mincore", "personality", "arch_prctl",
#endif
};

/* A call that is allowed when (argument & mask) == value. */
struct checked_call {
	const char *name;
	unsigned argument;
	uint64_t mask, value;
};

#define NEW_NAMESPACES (CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
			CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
#define THREAD_FLAGS (CLONE_THREAD | CLONE_PTRACE | NEW_NAMESPACES)
#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

static const struct checked_call checked_calls[] = {
	/* Nothing that is written can be executed. */
	{"mmap", 2, PROT_EXEC, 0}, {"mmap2", 2, PROT_EXEC, 0}, {"mprotect", 2, PROT_EXEC, 0},
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
	{"prlimit64", 2, UINT64_MAX, 0}, /* to ask, not to set */
};
/* clang-format on */

/* What libslirp, GLib, the C library and relay_pair.c ask of sockets; all others fail as for a
 * wrong file. */
static const unsigned allowed_ioctls[] = {FIONREAD,    FIONBIO,	   SIOCGIFINDEX,
					  SIOCGIFNAME, SIOCATMARK, SIOCOUTQNSD};

static void allow_if(struct seccomp_profile *profile, const struct checked_call *call)
{
	const struct seccomp_condition condition = {
		.argument = call->argument,
		.compare = SECCOMP_EQ,
		.value = call->value,
		.mask = call->mask,
	};

	seccomp_profile_add(profile, call->name, SECCOMP_RET_ALLOW, &condition, 1);
}

/* The default for a call with conditions is the profile's; others get an error that is expected. */
static void fail_otherwise(struct seccomp_profile *profile, const char *name, int errnum)
{
	seccomp_profile_add(profile, name, SECCOMP_RET_ERRNO | (unsigned)errnum, NULL, 0);
}

static void add_rules(struct seccomp_profile *profile)
{
	const struct checked_call own_signal = {"tgkill", 0, SECCOMP_INT, (uint64_t)getpid()};

	for (size_t i = 0; i < G_N_ELEMENTS(allowed_calls); i++)
		seccomp_profile_add(profile, allowed_calls[i], SECCOMP_RET_ALLOW, NULL, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(checked_calls); i++)
		allow_if(profile, &checked_calls[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(allowed_ioctls); i++)
		allow_if(profile,
			 &(struct checked_call){"ioctl", 1, SECCOMP_INT, allowed_ioctls[i]});
	/* Of abort(3). */
	allow_if(profile, &own_signal);
	/* Its flags are in memory, out of a filter's sight: the C library then takes clone(2). */
	fail_otherwise(profile, "clone3", ENOSYS);
}

static void on_forbidden(int number, siginfo_t *info, void *context G_GNUC_UNUSED)
{
	char message[FORBIDDEN_CALL_SIZE];

	if (number == SIGSYS && info->si_code == TRAPPED) {
		size_t size = forbidden_call_write(message, info->si_syscall, info->si_arch);
		(void)!sendto(STDIN_FILENO, message, size, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	}
	/* Forbidden as well: while SIGSYS is handled, another one kills. */
	syscall(SYS_getsid, 0);
	_exit(128 + SIGSYS);
}

static bool handle_forbidden(GError **error)
{
	struct sigaction action = {.sa_sigaction = on_forbidden, .sa_flags = SA_SIGINFO};

	sigfillset(&action.sa_mask);
	return sigaction(SIGSYS, &action, NULL) == 0 ||
	       failure_errno(error, "handle forbidden system calls");
}

bool sandbox_calls_filter(GError **error)
{
	const uint32_t native = syscall_native_architecture();
	struct seccomp_profile profile;

	if (!handle_forbidden(error))
		return false;
	seccomp_profile_init(&profile, SECCOMP_RET_TRAP);
	profile.flags = SECCOMP_FILTER_FLAG_TSYNC;
	g_array_append_val(profile.architectures, native);
	add_rules(&profile);
	bool installed = seccomp_profile_install(&profile, error);
	seccomp_profile_done(&profile);
	return installed;
}
