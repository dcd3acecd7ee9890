/* SPDX-License-Identifier: GPL-2.0-or-later */
/* descriptors - what the tests of passed file descriptors look at */
#include "tests/unit/descriptors.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <glib.h>

unsigned descriptors_count(void)
{
	g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
	unsigned n = 0;

	g_assert_nonnull(dir);
	while (g_dir_read_name(dir))
		n++;
	return n;
}

bool descriptors_is_copy(int original, int copy)
{
	struct stat a, b;

	return fstat(original, &a) == 0 && fstat(copy, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino && (fcntl(copy, F_GETFD) & FD_CLOEXEC);
}
