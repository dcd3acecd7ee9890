/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_log_trim - a log that has become too long keeps its end and its size */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "launcher/log_trim.h"
#include "src/autoclose.h"

#define LIMIT (256 * 1024)
#define SIZE  (1024 * 1024)

static int open_log(void)
{
	g_autofree char *path = NULL;
	autoclose int fd = g_file_open_tmp("netns-test-XXXXXX", &path, NULL);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(g_unlink(path), ==, 0);
	/* As the launcher has it. */
	g_assert_cmpint(fcntl(fd, F_SETFL, O_APPEND), ==, 0);
	return g_steal_fd(&fd);
}

static void append(int fd, size_t size)
{
	g_autofree char *text = g_strnfill(size, 'x');

	g_assert_cmpint(write(fd, text, size), ==, (ssize_t)size);
}

static off_t allocated(int fd)
{
	struct stat status;

	g_assert_cmpint(fstat(fd, &status), ==, 0);
	return status.st_blocks * 512;
}

static bool can_punch(int fd)
{
	append(fd, 8192);
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0;
}

static void test_long(void)
{
	autoclose int fd = open_log();
	char text[LIMIT / 2];

	if (!can_punch(fd)) {
		g_test_skip("the file system has no holes");
		return;
	}
	append(fd, SIZE - 8192);
	log_trim(fd, LIMIT);
	g_assert_cmpint(lseek(fd, 0, SEEK_END), ==, SIZE);
	g_assert_cmpint(allocated(fd), <=, LIMIT);
	g_assert_cmpint(pread(fd, text, sizeof(text), SIZE - LIMIT / 2), ==, LIMIT / 2);
	g_assert_null(memchr(text, '\0', sizeof(text)));
	g_assert_cmpint(lseek(fd, 0, SEEK_DATA), >, 0);
	append(fd, 1);
	g_assert_cmpint(lseek(fd, 0, SEEK_END), ==, SIZE + 1);
}

static void test_short(void)
{
	autoclose int fd = open_log();

	append(fd, LIMIT / 2);
	log_trim(fd, LIMIT);
	g_assert_cmpint(lseek(fd, 0, SEEK_DATA), ==, 0);
}

static void test_timer(void)
{
	autoclose int fd = open_log();

	if (!can_punch(fd)) {
		g_test_skip("the file system has no holes");
		return;
	}
	append(fd, SIZE);
	guint source = log_trim_start(fd, LIMIT);
	while (lseek(fd, 0, SEEK_DATA) < SIZE / 2)
		g_main_context_iteration(NULL, TRUE);
	g_assert_true(g_source_remove(source));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log-trim/long", test_long);
	g_test_add_func("/log-trim/short", test_short);
	g_test_add_func("/log-trim/timer", test_timer);
	return g_test_run();
}
