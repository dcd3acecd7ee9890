/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call_filter - allows a process the system calls of its work: all others are its end
 *
 * How it works
 *
 * What is not in the lists traps: the kernel does not make the call but sends SIGSYS, whose handler
 * says which call it was and ends the process. The handler cannot be taken away, as rt_sigaction(2)
 * of SIGSYS is in no list; where the signal is blocked the kernel kills at once.
 *
 * A name that an architecture has no call for is left out, so the lists have old and new ones.
 */
#include "src/call_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/failure.h"
#include "src/seccomp_compiler.h"
#include "src/syscall_names.h"

/* si_code of SECCOMP_RET_TRAP (seccomp(2)), from <asm-generic/siginfo.h>, which clashes. */
#define TRAPPED 1

/* clang-format off */
static const char *const common_calls[] = {
	/* bytes and descriptors */
	"read", "write", "readv", "writev", "close", "close_range", "dup", "dup2", "dup3", "fcntl",
	"fcntl64", "lseek", "_llseek", "pipe2", "eventfd2",
	/* readiness */
	"poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64",
	/* memory */
	"brk", "munmap", "mremap", "madvise",
	/* time, and what a process knows of itself */
	"clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "gettimeofday",
	"time", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "getpid", "gettid",
	"getuid", "geteuid", "getgid", "getegid", "getrusage", "getrlimit", "ugetrlimit", "uname",
	"sysinfo", "getrandom", "getcpu", "sched_getaffinity", "sched_yield",
	/* signals, locks, the end */
	"futex", "futex_time64", "set_robust_list", "rseq", "membarrier", "rt_sigprocmask",
	"rt_sigreturn", "sigreturn", "sigaltstack", "restart_syscall", "exit", "exit_group",
#ifdef __SANITIZE_ADDRESS__
	/* of the sanitizers, which also look for leaks from a process of their own */
	"mmap", "mmap2", "mprotect", "open", "openat", "clone", "fork", "vfork", "wait4", "ptrace",
	"prctl", "rt_sigaction", "tgkill", "kill", "getppid", "prlimit64", "getdents", "capget",
	"pipe", "socket", "process_vm_readv", "mincore", "personality", "arch_prctl", "readlink",
#endif
};

static const struct checked_call common_checked[] = {
	/* Nothing that is written can be executed. */
	{"mmap", 2, PROT_EXEC, 0}, {"mmap2", 2, PROT_EXEC, 0}, {"mprotect", 2, PROT_EXEC, 0},
	{"prlimit64", 2, UINT64_MAX, 0}, /* to ask, not to set */
};
/* clang-format on */

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

static void allow_calls(struct seccomp_profile *profile, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		seccomp_profile_add(profile, names[i], SECCOMP_RET_ALLOW, NULL, 0);
}

static void allow_checked(struct seccomp_profile *profile, const struct checked_call *calls,
			  size_t n)
{
	for (size_t i = 0; i < n; i++)
		allow_if(profile, &calls[i]);
}

static void add_rules(struct seccomp_profile *profile, const struct call_filter *filter)
{
	const struct checked_call own_signal = {"tgkill", 0, SECCOMP_INT, (uint64_t)getpid()};

	allow_calls(profile, common_calls, G_N_ELEMENTS(common_calls));
	allow_checked(profile, common_checked, G_N_ELEMENTS(common_checked));
	allow_calls(profile, filter->allowed, filter->n_allowed);
	allow_checked(profile, filter->checked, filter->n_checked);
	for (size_t i = 0; i < filter->n_ioctls; i++)
		allow_if(profile,
			 &(struct checked_call){"ioctl", 1, SECCOMP_INT, filter->ioctls[i]});
	/* Of abort(3) and raise(3). */
	allow_if(profile, &own_signal);
	/* Its flags are in memory, out of a filter's sight: the C library then takes clone(2). */
	seccomp_profile_add(profile, "clone3", SECCOMP_RET_ERRNO | ENOSYS, NULL, 0);
}

bool call_filter_has_trapped(int number, const siginfo_t *info)
{
	return number == SIGSYS && info->si_code == TRAPPED;
}

void call_filter_end(void)
{
	/* Forbidden as well: while SIGSYS is handled, another one kills. */
	syscall(SYS_getsid, 0);
	_exit(128 + SIGSYS);
}

static bool handle_forbidden(const struct call_filter *filter, GError **error)
{
	struct sigaction action = {.sa_sigaction = filter->handler, .sa_flags = SA_SIGINFO};

	sigfillset(&action.sa_mask);
	return sigaction(SIGSYS, &action, NULL) == 0 ||
	       failure_errno(error, "handle forbidden system calls");
}

bool call_filter_install(const struct call_filter *filter, GError **error)
{
	const uint32_t native = syscall_native_architecture();
	struct seccomp_profile profile;

	if (!handle_forbidden(filter, error))
		return false;
	seccomp_profile_init(&profile, SECCOMP_RET_TRAP);
	profile.flags = SECCOMP_FILTER_FLAG_TSYNC;
	g_array_append_val(profile.architectures, native);
	add_rules(&profile, filter);
	bool installed = seccomp_profile_install(&profile, error);
	seccomp_profile_done(&profile);
	return installed;
}
