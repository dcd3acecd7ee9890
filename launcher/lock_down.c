/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock_down - what a supervisor gives up once its network is up */
#include "launcher/lock_down.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "launcher/cgroup_tree.h"
#include "launcher/supervisor_calls.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/landlock.h"
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

static bool give_up_privileges(GError **error)
{
	const struct rlimit none = {0, 0};

	return (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		setrlimit(RLIMIT_CORE, &none) == 0) ||
	       failure_errno(error, "give up privileges");
}

static bool forbid_calls(GError **error)
{
	struct seccomp_profile profile;
	size_t n_architectures;
	const uint32_t *architectures = syscall_architectures(&n_architectures);

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

/* --- files --- */

/* By a path that is there; nothing by one that is not. */
static void add_path(GArray *rights, const char *path, uint64_t access)
{
	const struct landlock_right right = {open(path, O_PATH | O_CLOEXEC), access};

	if (right.directory >= 0)
		g_array_append_val(rights, right);
}

/* The base directory holds those of all containers, which are not empty. */
static void add_state(GArray *rights, int state_fd)
{
	const struct landlock_right own = {
		openat(state_fd, ".", O_PATH | O_CLOEXEC),
		LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_CREATE | LANDLOCK_UNLINK | LANDLOCK_RMDIR,
	};
	const struct landlock_right base = {
		openat(state_fd, "..", O_PATH | O_CLOEXEC),
		LANDLOCK_LIST | LANDLOCK_RMDIR,
	};

	g_array_append_val(rights, own);
	g_array_append_val(rights, base);
}

/* The one that was given may be elsewhere: what is above it hands on its controllers. */
static void add_cgroups(GArray *rights, const char *cgroup)
{
	const uint64_t access = LANDLOCK_READ | LANDLOCK_WRITE | LANDLOCK_MKDIR | LANDLOCK_RMDIR;
	g_autofree char *above = cgroup ? g_path_get_dirname(cgroup) : NULL;

	add_path(rights, CGROUP_TREE, access);
	if (above)
		add_path(rights, above, access);
}

static void close_directory(void *right)
{
	close_fd(&((struct landlock_right *)right)->directory);
}

static bool restrict_files(const struct lock_down *lock_down, int state_fd, GError **error)
{
	g_autoptr(GArray) rights = g_array_new(FALSE, FALSE, sizeof(struct landlock_right));

	g_array_set_clear_func(rights, close_directory);
	add_path(rights, "/proc", LANDLOCK_READ);
	add_path(rights, "/etc", LANDLOCK_READ);
	if (state_fd >= 0)
		add_state(rights, state_fd);
	if (lock_down->has_cgroups)
		add_cgroups(rights, lock_down->cgroup);
	if (lock_down->has_terminal)
		add_path(rights, "/dev/tty", LANDLOCK_DEVICE);
	return landlock_restrict((const struct landlock_right *)(void *)rights->data, rights->len,
				 true, error);
}

/* --- all layers --- */

static bool enter(const struct lock_down *lock_down, int state_fd, struct sandbox_layers *layers,
		  GError **error)
{
	GError *failure = NULL;

	layers->has[SANDBOX_PRIVILEGES] = give_up_privileges(error);
	if (!layers->has[SANDBOX_PRIVILEGES])
		return false;
	restrict_files(lock_down, state_fd, &failure);
	if (!sandbox_layers_take(layers, SANDBOX_LANDLOCK, failure, false, error))
		return false;
	failure = NULL;
	supervisor_calls_filter(lock_down->connects, &failure);
	return sandbox_layers_take(layers, SANDBOX_SECCOMP, failure, false, error);
}

JsonObject *lock_down_supervisor(const struct lock_down *lock_down, int state_fd, GError **error)
{
	struct sandbox_layers layers = {.mode = lock_down->mode, .name = "the launcher's sandbox"};
	bool entered = enter(lock_down, state_fd, &layers, error);
	JsonObject *sandbox = entered ? sandbox_layers_describe(&layers) : NULL;

	sandbox_layers_done(&layers);
	return sandbox;
}

static void tell(const struct lock_down *lock_down, JsonObject *sandbox)
{
	if (lock_down->record)
		record_locked_in(lock_down->record, sandbox);
	else
		json_object_unref(sandbox);
}

bool lock_down_with_deputy(const struct lock_down *lock_down, const struct deputy_context *context,
			   struct keeper *keeper, struct deputy **ret_deputy, GError **error)
{
	if (lock_down->mode == SANDBOX_OFF) {
		tell(lock_down,
		     sandbox_layers_describe(&(struct sandbox_layers){.mode = SANDBOX_OFF}));
		return true;
	}
	struct deputy *deputy = deputy_new(context, error);
	if (!deputy)
		return false;
	*ret_deputy = deputy;
	keeper_use_deputy(keeper, deputy);
	if (context->tcp_abort)
		tcp_abort_done(context->tcp_abort);
	/* Both lock themselves in at the same time. */
	JsonObject *sandbox = lock_down_supervisor(lock_down, context->state_fd, error);
	if (!sandbox)
		return false;
	tell(lock_down, sandbox);
	return deputy_await(deputy, error);
}

bool lock_down_deputy(GError **error)
{
	return give_up_privileges(error) && forbid_calls(error);
}
