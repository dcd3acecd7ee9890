/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inherited_fd - descriptors that whoever started us has left open for us */
#include "src/inherited_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "src/failure.h"

#define LISTEN_FDS_START 3

static int claim(int fd, const char *source, GError **error)
{
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
		return fd;
	failure_set(error, errno, "leave it open for this program, in the shell with N<>FILE",
		    "descriptor %d of fd:%s: %s", fd, source, g_strerror(errno));
	return -1;
}

/* How many were passed to this very process; 0 for none. */
static guint64 count_passed(void)
{
	const char *pid_text = g_getenv("LISTEN_PID");
	const char *fds_text = g_getenv("LISTEN_FDS");
	guint64 pid = 0, n_fds = 0;

	if (pid_text && fds_text &&
	    g_ascii_string_to_unsigned(pid_text, 10, 1, INT_MAX, &pid, NULL) &&
	    g_ascii_string_to_unsigned(fds_text, 10, 1, INT_MAX - LISTEN_FDS_START, &n_fds, NULL) &&
	    (pid_t)pid == getpid())
		return n_fds;
	return 0;
}

static int find_name(const char *name, GError **error)
{
	const char *text = g_getenv("LISTEN_FDNAMES");
	g_auto(GStrv) names = g_strsplit(text ? text : "", ":", -1);
	guint64 n_fds = count_passed();
	int found = -1;

	for (guint64 i = 0; i < n_fds && names[i]; i++) {
		if (!g_str_equal(names[i], name))
			continue;
		if (found >= 0) {
			failure_set(error, EEXIST, "name one by its number, such as fd:3",
				    "fd:%s: several descriptors have this name", name);
			return -1;
		}
		found = LISTEN_FDS_START + (int)i;
	}
	if (found >= 0)
		return claim(found, name, error);
	failure_set(error, ENOENT,
		    "FileDescriptorName= of systemd.socket(5) is the name; it comes in "
		    "LISTEN_FDNAMES, with LISTEN_PID and LISTEN_FDS",
		    "fd:%s: no descriptor of this name was passed", name);
	return -1;
}

int inherited_fd_find(const char *source, GError **error)
{
	guint64 number;

	if (strspn(source, "0123456789") != strlen(source))
		return find_name(source, error);
	if (g_ascii_string_to_unsigned(source, 10, 0, INT_MAX, &number, NULL))
		return claim((int)number, source, error);
	failure_set(error, EBADF, NULL, "fd:%s is no descriptor", source);
	return -1;
}

void inherited_fd_forget(void)
{
	g_unsetenv("LISTEN_PID");
	g_unsetenv("LISTEN_FDS");
	g_unsetenv("LISTEN_FDNAMES");
}
