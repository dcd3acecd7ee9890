/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_dir - a directory of the cgroup v2 tree, by its descriptor */
#include "launcher/cgroup_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "src/autoclose.h"

#define FILE_SIZE_MAX (256 * 1024)
/* What runs inside may nest groups of its own; cgroup.c sets cgroup.max.depth below this. */
#define DEPTH_MAX 64
/* Changes are told 10 ms apart; one that still waits when systemd removes the cgroup is lost. */
#define NOTIFY_LOST_MS 50

int cgroup_dir_open(const char *path)
{
	autoclose int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (dir < 0 || fstatfs(dir, &fs) < 0)
		return -1;
	if (fs.f_type != CGROUP2_SUPER_MAGIC) {
		errno = ENOTSUP;
		return -1;
	}
	return g_steal_fd(&dir);
}

static int open_below(int parent, const char *name)
{
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int cgroup_dir_make(int parent, const char *name, bool *ret_made)
{
	bool made = mkdirat(parent, name, 0755) == 0;

	if (!made && errno != EEXIST)
		return -1;
	int dir = open_below(parent, name);
	if (dir >= 0)
		*ret_made = made;
	return dir;
}

/* Reads from the start of a file until its end. */
static char *read_all(int fd)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char buffer[4096];
	ssize_t size;

	while ((size = pread(fd, buffer, sizeof(buffer), (off_t)text->len)) > 0) {
		g_string_append_len(text, buffer, size);
		if (text->len > FILE_SIZE_MAX) {
			errno = EFBIG;
			return NULL;
		}
	}
	if (size < 0)
		return NULL;
	if (text->len && text->str[text->len - 1] == '\n')
		g_string_truncate(text, text->len - 1);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

char *cgroup_dir_read(int dir, const char *file)
{
	autoclose int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? NULL : read_all(fd);
}

bool cgroup_dir_write(int dir, const char *file, const char *text)
{
	autoclose int fd = openat(dir, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	/* One write(2): the kernel takes each as a whole. */
	return fd >= 0 && write(fd, text, strlen(text)) >= 0;
}

bool cgroup_dir_has(int dir, const char *file)
{
	return faccessat(dir, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool cgroup_dir_add(int dir, pid_t pid)
{
	g_autofree char *text = g_strdup_printf("%d", (int)pid);

	return cgroup_dir_write(dir, "cgroup.procs", text);
}

static gint64 find_key(const char *text, const char *key)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	size_t length = strlen(key);

	for (char **line = lines; *line; line++)
		if (strncmp(*line, key, length) == 0 && (*line)[length] == ' ')
			return g_ascii_strtoll(*line + length, NULL, 10);
	return -1;
}

gint64 cgroup_dir_read_key(int dir, const char *file, const char *key)
{
	g_autofree char *text = cgroup_dir_read(dir, file);

	return text ? find_key(text, key) : -1;
}

bool cgroup_dir_has_word(int dir, const char *file, const char *word)
{
	g_autofree char *text = cgroup_dir_read(dir, file);
	g_auto(GStrv) words = g_strsplit_set(text ? text : "", " \n", -1);

	return g_strv_contains((const char *const *)words, word);
}

bool cgroup_dir_await(int dir, const char *key, int value, int timeout_ms)
{
	autoclose int fd = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	const gint64 end = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;
	struct pollfd entry = {.fd = fd, .events = POLLPRI};

	if (fd < 0)
		return false;
	for (;;) {
		/* Reading also makes the file quiet again for poll(2). */
		g_autofree char *text = read_all(fd);
		if (!text)
			return false;
		if (find_key(text, key) == value)
			return true;
		gint64 left = (end - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND;
		if (left <= 0)
			break;
		if (poll(&entry, 1, (int)MIN(left, NOTIFY_LOST_MS)) < 0 && errno != EINTR)
			return false;
	}
	errno = ETIMEDOUT;
	return false;
}

bool cgroup_dir_await_removal(int dir, int timeout_ms)
{
	/* There is no such key: the end of waiting is that the file cannot be read any more. */
	cgroup_dir_await(dir, "", 1, timeout_ms);
	return errno != ETIMEDOUT;
}

/* Kernels before 5.14 have no cgroup.kill; who forks faster than we list is met again below. */
static void kill_listed(int dir)
{
	g_autofree char *text = cgroup_dir_read(dir, "cgroup.procs");
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (char **line = lines; *line; line++) {
		gint64 pid = g_ascii_strtoll(*line, NULL, 10);
		if (pid > 0)
			kill((pid_t)pid, SIGKILL);
	}
}

static void remove_below(int dir, int depth);

static void remove_child(int dir, const char *name, int depth)
{
	autoclose int child = open_below(dir, name);

	if (child >= 0) {
		kill_listed(child);
		remove_below(child, depth + 1);
	}
	unlinkat(dir, name, AT_REMOVEDIR);
}

static void remove_below(int dir, int depth)
{
	int copy = depth < DEPTH_MAX ? openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *list = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!list) {
		close_fd(&copy);
		return;
	}
	while ((entry = readdir(list)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			remove_child(dir, entry->d_name, depth);
	closedir(list);
}

bool cgroup_dir_remove(int parent, const char *name, int timeout_ms)
{
	autoclose int dir = open_below(parent, name);

	if (dir < 0)
		return errno == ENOENT;
	if (!cgroup_dir_write(dir, "cgroup.kill", "1"))
		kill_listed(dir);
	/* What is frozen dies, too, of SIGKILL. */
	if (!cgroup_dir_await(dir, "populated", 0, 0)) {
		remove_below(dir, 0);
		cgroup_dir_await(dir, "populated", 0, timeout_ms);
	}
	remove_below(dir, 0);
	return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}
