/* SPDX-License-Identifier: GPL-2.0-or-later */
/* syscall_filter - the seccomp filter over everything in the container */
#include "launcher/syscall_filter.h"

#include <errno.h>
#include <sys/ioctl.h>

#include <seccomp.h>

#include "src/failure.h"

static const char *const identity_calls[] = {
	"setgroups",  "setuid",	    "setgid",	   "setreuid",	  "setregid",
	"setresuid",  "setresgid",  "setgroups32", "setuid32",	  "setgid32",
	"setreuid32", "setregid32", "setresuid32", "setresgid32",
};

static const unsigned long typing_requests[] = {TIOCSTI, TIOCLINUX};

/* The other system call tables of this kernel: a 32-bit ROOTFS works, and is filtered, too. */
static const uint32_t other_architectures[] = {
#if defined(__x86_64__)
	SCMP_ARCH_X86,
#elif defined(__aarch64__)
	SCMP_ARCH_ARM,
#else
	SCMP_ARCH_NATIVE,
#endif
};

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(scmp_filter_ctx, seccomp_release, NULL)

static int add_architectures(scmp_filter_ctx filter)
{
	int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));

	for (size_t i = 0; result == 0 && i < G_N_ELEMENTS(other_architectures); i++) {
		result = seccomp_arch_add(filter, other_architectures[i]);
		if (result == -EEXIST)
			result = 0;
	}
	return result;
}

static int guard_terminal(scmp_filter_ctx filter)
{
	int result = 0;

	/* The kernel looks at 32 bits of the request only. */
	for (size_t i = 0; result == 0 && i < G_N_ELEMENTS(typing_requests); i++)
		result = seccomp_rule_add(
			filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, typing_requests[i]));
	return result;
}

static int add_emulation(scmp_filter_ctx filter)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < G_N_ELEMENTS(identity_calls); i++) {
		int call = seccomp_syscall_resolve_name(identity_calls[i]);
		if (call != __NR_SCMP_ERROR)
			result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(0), call, 0);
	}
	return result;
}

bool syscall_filter_install(bool emulate_ids, GError **error)
{
	g_auto(scmp_filter_ctx) filter = seccomp_init(SCMP_ACT_ALLOW);
	int result = filter ? add_architectures(filter) : -ENOMEM;

	if (result == 0)
		result = guard_terminal(filter);
	if (result == 0 && emulate_ids)
		result = add_emulation(filter);
	/* Root inside has CAP_SYS_ADMIN: set-user-id programs and file capabilities go on to work.
	 */
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (result == 0)
		result = seccomp_load(filter);
	if (result == 0)
		return true;
	failure_set(error, -result, NULL, "install the filter of system calls: %s",
		    g_strerror(-result));
	return false;
}
