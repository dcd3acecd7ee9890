/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock_down - what a supervisor gives up once its network is up */
#include "launcher/lock_down.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "src/failure.h"
#include "src/seccomp_compiler.h"
#include "src/syscall_names.h"

/* clang-format off */
static const char *const forbidden_calls[] = {
#ifndef __SANITIZE_ADDRESS__
	"ptrace", /* which looks for leaks by it */
#endif
	"process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd",
	"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "add_key", "request_key", "keyctl", "open_by_handle_at",
	"name_to_handle_at", "init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "reboot", "swapon", "swapoff", "acct", "quotactl", "quotactl_fd",
	"settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "iopl", "ioperm", "modify_ldt",
	"personality", "lookup_dcookie", "nfsservctl", "uselib", "ustat", "sysfs", "vhangup",
	"move_pages", "migrate_pages", "fanotify_init", "syslog",
};
/* clang-format on */

bool lock_down_supervisor(GError **error)
{
	const struct rlimit none = {0, 0};
	struct seccomp_profile profile;
	size_t n_architectures;
	const uint32_t *architectures = syscall_architectures(&n_architectures);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return failure_errno(error, "give up privileges");
	seccomp_profile_init(&profile, SECCOMP_RET_ALLOW);
	profile.flags = SECCOMP_FILTER_FLAG_TSYNC;
	g_array_append_vals(profile.architectures, architectures, (guint)n_architectures);
	for (size_t i = 0; i < G_N_ELEMENTS(forbidden_calls); i++)
		seccomp_profile_add(&profile, forbidden_calls[i], SECCOMP_RET_ERRNO | EPERM, NULL,
				    0);
	bool installed = seccomp_profile_install(&profile, error);
	seccomp_profile_done(&profile);
	return installed;
}
