/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_etc_cover - a covered /etc, and what somebody who still sees the original does there
 *
 * How it works
 *
 * As in test_rootfs.c. A descriptor of the original's directory stays open: it is outside.
 */
#include "launcher/etc_cover.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/rootfs.h"
#include "src/autoclose.h"
#include "tests/unit/namespaces.h"
#include "tests/unit/rootfs_checks.h"
#include "tests/unit/rootfs_fixture.h"

#define RESOLV_CONF "nameserver 10.0.2.3\n"
#define HOSTS	    "10.0.2.100 web\n"

static bool replace(int etc, const char *name, const char *text)
{
	autoclose int fd = openat(etc, "new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) &&
	       renameat(etc, "new", etc, name) == 0;
}

static bool enter(const struct rootfs_fixture *fixture, struct etc_cover *cover, bool read_only)
{
	const struct rootfs_options options = {
		.path = fixture->rootfs,
		.resolv_conf = RESOLV_CONF,
		.hosts = HOSTS,
		.cover_etc = true,
		.read_only = read_only,
	};
	g_autoptr(GError) error = NULL;

	etc_cover_init(cover);
	CHECK(rootfs_enter(&options, cover, &error));
	CHECK(rootfs_checks_file_is("/etc/resolv.conf", RESOLV_CONF));
	CHECK(rootfs_checks_file_is("/etc/hosts", HOSTS));
	return true;
}

static int open_original(const struct rootfs_fixture *fixture)
{
	g_autofree char *path = g_build_filename(fixture->rootfs, "etc", NULL);

	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool check_covered(const void *data)
{
	const struct rootfs_fixture *fixture = data;
	autoclose int etc = open_original(fixture);
	struct etc_cover cover;

	CHECK(enter(fixture, &cover, true));
	CHECK(cover.refresh >= 0 && cover.overlay < 0);
	CHECK(access("/etc/absent", F_OK) < 0 && access("/etc/sub/absent", F_OK) < 0);
	CHECK(rootfs_checks_file_is("/etc/passwd", "passwd\n"));
	CHECK(rootfs_checks_link_is("/etc/link", "passwd"));
	CHECK(replace(etc, "resolv.conf", "theirs\n") && replace(etc, "hosts", "theirs\n"));
	CHECK(replace(etc, "passwd", "theirs\n") && replace(etc, "absent", "theirs\n"));
	CHECK(replace(etc, "sub/absent", "theirs\n"));
	CHECK(rootfs_checks_file_is("/etc/sub/absent", "theirs\n"));
	CHECK(etc_cover_refresh(cover.refresh));
	CHECK(rootfs_checks_file_is("/etc/passwd", "theirs\n"));
	CHECK(rootfs_checks_file_is("/etc/absent", "theirs\n"));
	CHECK(unlinkat(etc, "absent", 0) == 0 && etc_cover_refresh(cover.refresh));
	CHECK(access("/etc/absent", F_OK) < 0);
	CHECK(unlinkat(etc, "resolv.conf", 0) == 0 && unlinkat(etc, "hosts", 0) == 0);
	CHECK(etc_cover_refresh(cover.refresh));
	CHECK(rootfs_checks_file_is("/etc/resolv.conf", RESOLV_CONF));
	CHECK(rootfs_checks_file_is("/etc/hosts", HOSTS));
	CHECK(mkdir("/etc/new", 0755) < 0 && errno == EROFS);
	CHECK(mkdir("/etc/sub/new", 0755) < 0 && errno == EROFS);
	etc_cover_done(&cover);
	CHECK(cover.refresh < 0);
	return true;
}

/* Its owner is root inside, who may go on to write there. */
static bool check_open(const void *data)
{
	const struct rootfs_fixture *fixture = data;
	struct etc_cover cover;

	CHECK(enter(fixture, &cover, false));
	CHECK(cover.refresh < 0);
	etc_cover_bind(&cover);
	CHECK(rootfs_checks_write("/etc/passwd", "ours\n"));
	CHECK(rename("/etc/passwd", "/etc/other") == 0);
	return true;
}

static void run(bool (*check)(const void *))
{
	struct rootfs_fixture fixture;

	if (!namespaces_allowed())
		return;
	rootfs_fixture_init(&fixture);
	rootfs_fixture_make_complete(&fixture);
	rootfs_fixture_make_file(&fixture, "etc/passwd", "passwd\n");
	rootfs_fixture_make_dir(&fixture, "etc/sub");
	rootfs_fixture_make_symlink(&fixture, "etc/link", "passwd");
	g_assert_true(namespaces_run(check, &fixture));
	rootfs_fixture_done(&fixture);
}

static void test_covered(void)
{
	run(check_covered);
}

static void test_open(void)
{
	run(check_open);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/etc_cover/covered", test_covered);
	g_test_add_func("/etc_cover/open", test_open);
	return g_test_run();
}
