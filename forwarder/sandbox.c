/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox - takes from the forwarder what it does not need, in layers that need not each other */
#include "forwarder/sandbox.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "forwarder/sandbox_calls.h"
#include "forwarder/sandbox_root.h"
#include "src/autoclose.h"
#include "src/capability.h"
#include "src/failure.h"
#include "src/landlock.h"

/* It may be the user's terminal, from which we could read what is typed. */
static void make_write_only(int fd)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	autoclose int writable = -1;

	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR)
		return;
	writable = open(path, O_WRONLY | O_NOCTTY | O_APPEND | O_CLOEXEC);
	if (writable >= 0)
		dup2(writable, fd);
}

static void settle_streams(void)
{
	autoclose int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere >= 0)
		dup2(nowhere, STDOUT_FILENO);
	make_write_only(STDERR_FILENO);
}

static bool give_up_privileges(GError **error)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return failure_errno(error, "forbid core dumps");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return failure_errno(error, "clear the dumpable flag");
	return capability_keep_only(NULL, 0, error);
}

static bool restrict_files(int state_fd, GError **error)
{
	autoclose int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int base = state_fd < 0 ? -1 : openat(state_fd, "..", O_PATH | O_CLOEXEC);
	const struct landlock_right rights[] = {
		{proc, LANDLOCK_READ},
		{state_fd, LANDLOCK_LIST | LANDLOCK_UNLINK | LANDLOCK_RMDIR},
		{base, LANDLOCK_LIST | LANDLOCK_RMDIR}, /* its own name; others are not empty */
	};

	return landlock_restrict(rights, G_N_ELEMENTS(rights), false, error);
}

static bool enter_root(struct sandbox_layers *layers, GError **error)
{
	GError *failure = NULL;
	bool entered = false;
	uid_t uid = geteuid();

	sandbox_root_enter(&entered, &failure);
	return sandbox_layers_take(layers, SANDBOX_ROOT, failure, entered && geteuid() != uid,
				   error);
}

static bool enter_privileges(struct sandbox_layers *layers, GError **error)
{
	layers->has[SANDBOX_PRIVILEGES] = give_up_privileges(error);
	return layers->has[SANDBOX_PRIVILEGES];
}

static bool enter_landlock(struct sandbox_layers *layers, int state_fd, GError **error)
{
	GError *failure = NULL;

	restrict_files(state_fd, &failure);
	return sandbox_layers_take(layers, SANDBOX_LANDLOCK, failure, false, error);
}

static bool enter_seccomp(struct sandbox_layers *layers, GError **error)
{
	GError *failure = NULL;

	sandbox_calls_filter(&failure);
	return sandbox_layers_take(layers, SANDBOX_SECCOMP, failure, false, error);
}

bool sandbox_enter(struct sandbox_layers *ret_layers, enum sandbox_mode mode, int state_fd,
		   GError **error)
{
	*ret_layers = (struct sandbox_layers){.mode = mode, .name = "the sandbox"};
	if (mode == SANDBOX_OFF)
		return enter_privileges(ret_layers, error);
	settle_streams();
	return enter_root(ret_layers, error) && enter_privileges(ret_layers, error) &&
	       enter_landlock(ret_layers, state_fd, error) && enter_seccomp(ret_layers, error);
}

char *sandbox_note(const struct sandbox_layers *layers)
{
	g_autofree char *missing = sandbox_layers_missing(layers);

	return missing ? g_strconcat("netns-forwarder's sandbox lacks ", missing, NULL) : NULL;
}
