/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_dir - where running containers are found: $XDG_RUNTIME_DIR/netns-run/NAME/ */
#include "src/state_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/state_base.h"

/*
 * How it works
 *
 * Whoever makes, looks for or removes a container's directory holds an exclusive flock(2) on the
 * base directory meanwhile. So nobody sees a directory half made, a probe of `lock` is never
 * mistaken for a running container, and a directory that is removed by name is the one that was
 * looked at. What a crash left is removed and made anew rather than reused: a late
 * state_dir_remove_fd() by the crashed run's forwarder cannot hit its successor.
 */

#define LOCK_FILE      "lock"
#define NEW_STATE_FILE STATE_FILE ".new"
#define RANDOM_TRIES   64

#define OPEN_DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct state_dir {
	char *name;
	char *path;
	int fd;
	int lock_fd;
};

bool state_name_check(const char *name, GError **error)
{
	size_t length = strlen(name);
	bool well_formed = g_ascii_isalnum(name[0]) && length <= STATE_NAME_MAX;

	for (size_t i = 0; well_formed && i < length; i++)
		well_formed = g_ascii_isalnum(name[i]) || strchr("_.-", name[i]);
	if (well_formed)
		return true;
	g_autofree char *printable = g_strescape(name, NULL);
	failure_set(error, EINVAL, "take up to 63 letters, digits and _.-, the first alphanumeric",
		    "'%s' cannot be the name of a container", printable);
	return false;
}

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* The names in a directory, of which fd may be an O_PATH descriptor; empty if it cannot be read. */
static GPtrArray *read_names(int fd)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	autoclose int readable = openat(fd, ".", OPEN_DIRECTORY);
	__attribute__((cleanup(close_directory))) DIR *directory =
		readable < 0 ? NULL : fdopendir(readable);

	if (!directory)
		return names;
	g_steal_fd(&readable);
	for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
		if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
			g_ptr_array_add(names, g_strdup(entry->d_name));
	}
	return names;
}

static void remove_contents(int fd)
{
	g_autoptr(GPtrArray) names = read_names(fd);

	for (unsigned i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		if (unlinkat(fd, name, 0) == 0 || errno != EISDIR)
			continue;
		autoclose int child = openat(fd, name, OPEN_DIRECTORY);
		if (child < 0)
			continue;
		remove_contents(child);
		unlinkat(fd, name, AT_REMOVEDIR);
	}
}

/* The name of a directory in its parent, or NULL if it is not there any more. */
static char *find_name(int parent, int fd)
{
	g_autoptr(GPtrArray) names = read_names(parent);
	struct stat wanted, found;

	if (fstat(fd, &wanted) < 0)
		return NULL;
	for (unsigned i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		if (fstatat(parent, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
		    found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino)
			return g_strdup(name);
	}
	return NULL;
}

void state_dir_remove_fd(int dir_fd)
{
	/* By "..", not by path: works in a sandbox without file systems, and after a rename. */
	autoclose int base = openat(dir_fd, "..", OPEN_DIRECTORY);

	if (base < 0 || !state_base_lock(base, NULL))
		return;
	/* Before the sockets: a state without control socket is that of a --net none or host. */
	unlinkat(dir_fd, STATE_FILE, 0);
	remove_contents(dir_fd);
	g_autofree char *name = find_name(base, dir_fd);
	if (name)
		unlinkat(base, name, AT_REMOVEDIR);
}

/* Only with the base locked: else two probes could take each other for a running container. */
static bool is_running(int dir_fd)
{
	autoclose int lock = openat(dir_fd, LOCK_FILE, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	return lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static bool remove_stale(int base, const char *name, GError **error)
{
	autoclose int fd = openat(base, name, OPEN_DIRECTORY);

	if (fd < 0)
		return errno == ENOENT || failure_errno(error, "open the state of '%s'", name);
	if (is_running(fd)) {
		failure_set(error, EEXIST, "take another name; netns-ctl ls shows those in use",
			    "a container called '%s' is running", name);
		return false;
	}
	remove_contents(fd);
	unlinkat(base, name, AT_REMOVEDIR);
	return true;
}

/* Makes the directory of a container; name NULL takes a random one. Returns the name. */
static char *make_directory(int base, const char *name, GError **error)
{
	if (name) {
		if (!remove_stale(base, name, error))
			return NULL;
		if (mkdirat(base, name, 0700) == 0)
			return g_strdup(name);
		failure_errno(error, "make the state directory of '%s'", name);
		return NULL;
	}
	for (unsigned i = 0; i < RANDOM_TRIES; i++) {
		g_autofree char *random = g_strdup_printf("%08x", g_random_int());
		if (mkdirat(base, random, 0700) == 0)
			return g_steal_pointer(&random);
		if (errno != EEXIST)
			break;
	}
	failure_errno(error, "make a state directory");
	return NULL;
}

static void state_dir_free(struct state_dir *dir)
{
	close_fd(&dir->fd);
	close_fd(&dir->lock_fd);
	g_free(dir->name);
	g_free(dir->path);
	g_free(dir);
}

static bool open_and_lock(struct state_dir *dir, int base, GError **error)
{
	dir->fd = openat(base, dir->name, OPEN_DIRECTORY);
	if (dir->fd < 0)
		return failure_errno(error, "open %s", dir->path);
	dir->lock_fd = openat(dir->fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (dir->lock_fd < 0 || flock(dir->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return failure_errno(error, "lock %s", dir->path);
	return dprintf(dir->lock_fd, "%d\n", (int)getpid()) > 0 ||
	       failure_errno(error, "write %s/" LOCK_FILE, dir->path);
}

char *state_dir_base(GError **error)
{
	g_autofree char *path = state_base_path();

	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return g_steal_pointer(&path);
	failure_errno(error, "make the state directory %s", path);
	return NULL;
}

struct state_dir *state_dir_create(const char *name, GError **error)
{
	if (name && !state_name_check(name, error))
		return NULL;
	g_autofree char *path = state_dir_base(error);
	autoclose int base = path ? state_base_open(path, error) : -1;
	if (base < 0)
		return NULL;
	g_autofree char *made = make_directory(base, name, error);
	if (!made)
		return NULL;

	struct state_dir *dir = g_new(struct state_dir, 1);
	*dir = (struct state_dir){.fd = -1, .lock_fd = -1};
	dir->path = g_build_filename(path, made, NULL);
	dir->name = g_steal_pointer(&made);
	if (!open_and_lock(dir, base, error)) {
		/* The base is locked: nobody can have put anything in but us. */
		if (dir->fd >= 0)
			unlinkat(dir->fd, LOCK_FILE, 0);
		unlinkat(base, dir->name, AT_REMOVEDIR);
		g_clear_pointer(&dir, state_dir_free);
		return NULL;
	}
	return dir;
}

const char *state_dir_name(const struct state_dir *dir)
{
	return dir->name;
}

const char *state_dir_path(const struct state_dir *dir)
{
	return dir->path;
}

int state_dir_fd(const struct state_dir *dir)
{
	return dir->fd;
}

/* Who dies half-way leaves it to the next one, or to who removes the directory. */
static int open_new_state(int dir)
{
	return openat(dir, NEW_STATE_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		      0600);
}

/* Not g_file_set_contents(): it would wait for the disk, for what a crash of the host makes void.
 */
bool state_dir_write(struct state_dir *dir, const char *json, GError **error)
{
	autoclose int fd = open_new_state(dir->fd);
	size_t length = strlen(json);

	if (fd < 0)
		return failure_errno(error, "make %s/" NEW_STATE_FILE, dir->path);
	ssize_t written = write(fd, json, length);
	if (written >= 0 && (size_t)written < length)
		errno = ENOSPC;
	if (written != (ssize_t)length ||
	    renameat(dir->fd, NEW_STATE_FILE, dir->fd, STATE_FILE) < 0)
		return failure_errno(error, "write %s/" STATE_FILE, dir->path);
	return true;
}

void state_dir_remove(struct state_dir *dir)
{
	struct stat status;

	if (!dir)
		return;
	state_dir_remove_fd(dir->fd);
	/* That takes descriptors, which may have run out. */
	if (fstat(dir->fd, &status) == 0 && status.st_nlink > 0) {
		unlinkat(dir->fd, STATE_CONTROL_SOCKET, 0);
		unlinkat(dir->fd, STATE_LAUNCHER_SOCKET, 0);
		unlinkat(dir->fd, LOCK_FILE, 0);
		rmdir(dir->path);
	}
	state_dir_free(dir);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *state_dir_list(GError **error)
{
	g_autofree char *path = state_base_path();
	g_autoptr(GPtrArray) running = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) failure = NULL;
	autoclose int base = state_base_open(path, &failure);

	if (base < 0 && failure->code == ENOENT)
		return g_steal_pointer(&running);
	if (base < 0) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return NULL;
	}
	g_autoptr(GPtrArray) names = read_names(base);
	for (unsigned i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		g_autoptr(GError) refusal = NULL;
		if (state_name_check(name, NULL) && !remove_stale(base, name, &refusal) &&
		    refusal->code == EEXIST)
			g_ptr_array_add(running, g_strdup(name));
	}
	g_ptr_array_sort(running, compare_names);
	return g_steal_pointer(&running);
}

/* Opens the base and, in it, the directory of a running container, which is returned. */
static int open_running(const char *name, int *ret_base, GError **error)
{
	g_autofree char *path = state_base_path();
	g_autoptr(GError) failure = NULL;

	if (!state_name_check(name, error))
		return -1;
	autoclose int base = state_base_open(path, &failure);
	if (base < 0 && failure->code != ENOENT) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return -1;
	}
	autoclose int fd = base < 0 ? -1 : openat(base, name, OPEN_DIRECTORY);
	if (fd < 0 && base >= 0 && errno != ENOENT) {
		failure_errno(error, "open %s/%s", path, name);
		return -1;
	}
	if (fd < 0 || !is_running(fd)) {
		failure_set(error, ENOENT,
			    geteuid() == 0 ? "netns-ctl ls shows those that run, those of another "
					     "user netns-ctl --owner USER ls"
					   : "netns-ctl ls shows those that run",
			    "no running container is called '%s'", name);
		return -1;
	}
	*ret_base = g_steal_fd(&base);
	return g_steal_fd(&fd);
}

int state_dir_open(const char *name, char **ret_path, GError **error)
{
	autoclose int base = -1;
	autoclose int fd = open_running(name, &base, error);

	if (fd < 0)
		return -1;
	g_autofree char *path = state_base_path();
	*ret_path = g_build_filename(path, name, NULL);
	return g_steal_fd(&fd);
}

int state_dir_open_owner(const char *name, GError **error)
{
	autoclose int base = -1;
	autoclose int fd = open_running(name, &base, error);
	char text[16] = "";

	if (fd < 0)
		return -1;
	autoclose int lock = openat(fd, LOCK_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (lock < 0 || read(lock, text, sizeof(text) - 1) <= 0) {
		failure_errno(error, "read whose container '%s' is", name);
		return -1;
	}
	autoclose int pidfd = (int)syscall(SYS_pidfd_open, atoi(text), 0);
	/* It was the owner's number before, and the owner has still the lock: it is no other's. */
	if (pidfd >= 0 && is_running(fd))
		return g_steal_fd(&pidfd);
	failure_set(error, ENOENT, NULL, "container '%s' has just ended", name);
	return -1;
}

char *state_dir_read(const char *name, GError **error)
{
	g_autofree char *dir = NULL;
	autoclose int dir_fd = state_dir_open(name, &dir, error);

	if (dir_fd < 0)
		return NULL;
	g_autofree char *path = g_build_filename(dir, STATE_FILE, NULL);
	g_autoptr(GError) failure = NULL;
	char *text = NULL;
	if (g_file_get_contents(path, &text, NULL, &failure))
		return text;
	if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		failure_set(error, EAGAIN, "try again", "container '%s' is still starting", name);
	else
		failure_set(error, EIO, NULL, "%s", failure->message);
	return NULL;
}
