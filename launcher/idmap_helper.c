/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idmap_helper - newuidmap(1) and newgidmap(1), which write maps that an ordinary user may not */
#include "launcher/idmap_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

/* capabilities(7), "File capabilities"; version 3 names a user namespace that is not this one. */
static bool has_file_capability(const char *path, int capability)
{
	struct vfs_cap_data data;

	if (getxattr(path, "security.capability", &data, sizeof(data)) != XATTR_CAPS_SZ_2)
		return false;
	uint32_t magic = GUINT32_FROM_LE(data.magic_etc);
	uint32_t permitted = GUINT32_FROM_LE(data.data[CAP_TO_INDEX(capability)].permitted);

	return (magic & VFS_CAP_REVISION_MASK) == VFS_CAP_REVISION_2 &&
	       (magic & VFS_CAP_FLAGS_EFFECTIVE) && (permitted & CAP_TO_MASK(capability));
}

/* In a user namespace without the owner's id, the set-user-ID bit does nothing, and it shows. */
static bool is_set_user_id_root(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & S_ISUID) && st.st_uid == 0;
}

static bool is_on_nosuid(const char *path)
{
	struct statvfs st;

	return statvfs(path, &st) == 0 && (st.f_flag & ST_NOSUID);
}

static char *find_program(const char *program)
{
	char *path = g_find_program_in_path(program);

	/* Users of cron and the like have a short PATH. */
	if (path || strchr(program, '/'))
		return path;
	path = g_build_filename("/usr/bin", program, NULL);
	if (access(path, X_OK) < 0)
		g_clear_pointer(&path, g_free);
	return path;
}

char *idmap_helper_find(const char *program, int capability, char **ret_reason)
{
	g_autofree char *path = find_program(program);

	if (!path)
		*ret_reason = g_strdup_printf("%s is not installed", program);
	else if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		*ret_reason = g_strdup_printf("no_new_privs is set, so %s has no power", path);
	else if (is_on_nosuid(path))
		*ret_reason = g_strdup_printf("%s is on a nosuid mount", path);
	else if (!is_set_user_id_root(path) && !has_file_capability(path, capability))
		*ret_reason =
			g_strdup_printf("%s is neither set-user-ID root here nor has it %s", path,
					capability == CAP_SETUID ? "cap_setuid" : "cap_setgid");
	else
		return g_steal_pointer(&path);
	return NULL;
}

static GPtrArray *make_argv(const char *program, pid_t target, const struct id_extents *extents)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup(program));
	g_ptr_array_add(argv, g_strdup_printf("%d", (int)target));
	for (unsigned i = 0; i < extents->n; i++) {
		const struct id_extent *extent = &extents->at[i];
		g_ptr_array_add(argv, g_strdup_printf("%u", extent->inside));
		g_ptr_array_add(argv, g_strdup_printf("%u", extent->outside));
		g_ptr_array_add(argv, g_strdup_printf("%u", extent->count));
	}
	g_ptr_array_add(argv, NULL);
	return argv;
}

static int spawn(pid_t *ret_pid, const char *program, char *const *argv, int errors)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;

	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
	int errnum = posix_spawn(ret_pid, program, &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return errnum;
}

bool idmap_helper_start(struct idmap_helper *ret_helper, const char *program, pid_t target,
			const struct id_extents *extents, GError **error)
{
	g_autoptr(GPtrArray) argv = make_argv(program, target, extents);
	autoclose int errors = memfd_create("errors", MFD_CLOEXEC);
	pid_t pid;

	if (errors < 0)
		return failure_errno(error, "make a file in memory");
	errno = spawn(&pid, program, (char *const *)argv->pdata, errors);
	if (errno)
		return failure_errno(error, "execute %s", program);
	*ret_helper = (struct idmap_helper){pid, g_steal_fd(&errors)};
	return true;
}

/* Its first line, without the program's own name in front. */
static char *first_error(int errors, const char *program)
{
	g_autofree char *name = g_path_get_basename(program);
	g_autofree char *prefix = g_strconcat(name, ": ", NULL);
	char text[512];
	ssize_t size = pread(errors, text, sizeof(text) - 1, 0);

	text[MAX(size, 0)] = '\0';
	text[strcspn(text, "\n")] = '\0';
	const char *line = g_str_has_prefix(text, prefix) ? text + strlen(prefix) : text;
	return *line ? g_utf8_make_valid(line, -1) : g_strdup("it failed without a word");
}

bool idmap_helper_finish(struct idmap_helper *helper, const char *program, GError **error)
{
	autoclose int errors = g_steal_fd(&helper->errors);
	int wait_status = -1;

	while (waitpid(helper->pid, &wait_status, 0) < 0 && errno == EINTR)
		;
	helper->pid = 0;
	if (wait_status == 0)
		return true;
	g_autofree char *line = first_error(errors, program);
	failure_set(error, EPERM, NULL, "%s: %s", program, line);
	return false;
}
