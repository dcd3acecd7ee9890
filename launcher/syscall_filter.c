/* SPDX-License-Identifier: GPL-2.0-or-later */
/* syscall_filter - the seccomp filter over everything in the container */
#include "launcher/syscall_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>

#include "src/seccomp_compiler.h"
#include "src/syscall_names.h"

static const char *const identity_calls[] = {
	"setgroups",  "setuid",	    "setgid",	   "setreuid",	  "setregid",
	"setresuid",  "setresgid",  "setgroups32", "setuid32",	  "setgid32",
	"setreuid32", "setregid32", "setresuid32", "setresgid32",
};

static const unsigned long typing_requests[] = {TIOCSTI, TIOCLINUX};

static void guard_terminal(struct seccomp_profile *profile)
{
	for (size_t i = 0; i < G_N_ELEMENTS(typing_requests); i++) {
		const struct seccomp_condition request = {
			.argument = 1,
			.compare = SECCOMP_EQ,
			.value = typing_requests[i],
			.mask = SECCOMP_INT,
		};
		seccomp_profile_add(profile, "ioctl", SECCOMP_RET_ERRNO | EPERM, &request, 1);
	}
}

static void add_emulation(struct seccomp_profile *profile)
{
	for (size_t i = 0; i < G_N_ELEMENTS(identity_calls); i++)
		seccomp_profile_add(profile, identity_calls[i], SECCOMP_RET_ERRNO, NULL, 0);
}

bool syscall_filter_install(bool emulate_ids, GError **error)
{
	struct seccomp_profile profile;
	size_t n;
	/* A 32-bit ROOTFS works, and is filtered, too. */
	const uint32_t *architectures = syscall_architectures(&n);

	seccomp_profile_init(&profile, SECCOMP_RET_ALLOW);
	profile.flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	g_array_append_vals(profile.architectures, architectures, (unsigned)n);
	guard_terminal(&profile);
	if (emulate_ids)
		add_emulation(&profile);
	/* Root inside has CAP_SYS_ADMIN: set-user-id programs and file capabilities go on to work.
	 */
	bool installed = seccomp_profile_install(&profile, error);
	seccomp_profile_done(&profile);
	return installed;
}
