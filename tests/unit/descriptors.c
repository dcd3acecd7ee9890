/* SPDX-License-Identifier: GPL-2.0-or-later */
/* descriptors - what the tests of passed file descriptors look at */
#include "tests/unit/descriptors.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/fdpass.h"

unsigned descriptors_count(void)
{
	g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
	unsigned n = 0;

	g_assert_nonnull(dir);
	while (g_dir_read_name(dir))
		n++;
	return n;
}

void descriptors_pair_init(struct descriptors_pair *pair)
{
	int fds[2];

	pair->n_open = descriptors_count();
	g_assert_true(fdpass_socketpair(fds, NULL));
	pair->to = fds[0];
	pair->from = fds[1];
}

void descriptors_pair_done(struct descriptors_pair *pair)
{
	close_fd(&pair->to);
	close_fd(&pair->from);
	g_assert_cmpuint(descriptors_count(), ==, pair->n_open);
}

bool descriptors_is_copy(int original, int copy)
{
	struct stat a, b;

	return fstat(original, &a) == 0 && fstat(copy, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino && (fcntl(copy, F_GETFD) & FD_CLOEXEC);
}
