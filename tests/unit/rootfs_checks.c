/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootfs_checks - what holds inside every root file system, checked from inside */
#include "tests/unit/rootfs_checks.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"

bool rootfs_checks_write(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

bool rootfs_checks_file_is(const char *path, const char *text)
{
	g_autofree char *contents = NULL;

	return g_file_get_contents(path, &contents, NULL, NULL) && strcmp(contents, text) == 0;
}

static bool is_device(const char *path, unsigned major_number, unsigned minor_number)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(major_number, minor_number);
}

bool rootfs_checks_link_is(const char *path, const char *target)
{
	g_autofree char *text = g_file_read_link(path, NULL);

	return g_strcmp0(text, target) == 0;
}

bool rootfs_checks_devices(void)
{
	autoclose int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	autoclose int ptmx = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	autoclose int denied = -1;
	struct stat st;

	CHECK(is_device("/dev/null", 1, 3) && is_device("/dev/zero", 1, 5));
	CHECK(is_device("/dev/full", 1, 7) && is_device("/dev/random", 1, 8));
	CHECK(is_device("/dev/urandom", 1, 9) && is_device("/dev/tty", 5, 0));
	CHECK(write(null, "x", 1) == 1);
	CHECK(ptmx >= 0 && grantpt(ptmx) == 0 && unlockpt(ptmx) == 0);
	CHECK(strcmp(ptsname(ptmx), "/dev/pts/0") == 0);
	CHECK(stat("/dev/shm", &st) == 0 && (st.st_mode & 07777) == 01777);
	CHECK(stat("/dev", &st) == 0 && (st.st_mode & 07777) == 0755);
	CHECK(rootfs_checks_link_is("/dev/fd", "/proc/self/fd") &&
	      rootfs_checks_link_is("/dev/stdin", "/proc/self/fd/0"));
	CHECK(access("/dev/kmsg", F_OK) < 0 && errno == ENOENT);
	return true;
}

bool rootfs_checks_proc(void)
{
	struct statvfs fs;
	autoclose int forward = -1;

	CHECK(rootfs_checks_link_is("/proc/self", "1"));
	CHECK(is_device("/proc/kcore", 1, 3) || errno == ENOENT);
	CHECK(rootfs_checks_file_is("/proc/timer_list", "") ||
	      access("/proc/timer_list", F_OK) < 0);
	CHECK(statvfs("/proc/irq", &fs) == 0 && (fs.f_flag & ST_RDONLY));
	CHECK(statvfs("/proc/sys", &fs) == 0 && (fs.f_flag & ST_RDONLY));
	CHECK(statvfs("/proc/sys/net", &fs) == 0 && !(fs.f_flag & ST_RDONLY));
	forward = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC);
	CHECK(write(forward, "1", 1) == 1);
	CHECK(rootfs_checks_file_is("/proc/sys/net/ipv4/ip_forward", "1\n"));
	return true;
}

static bool directory_is_empty(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

	return dir && !g_dir_read_name(dir);
}

bool rootfs_checks_sys(void)
{
	g_autoptr(GDir) links = g_dir_open("/sys/class/net", 0, NULL);

	CHECK(links);
	CHECK(g_strcmp0(g_dir_read_name(links), "lo") == 0 && !g_dir_read_name(links));
	CHECK(directory_is_empty("/sys/firmware"));
	CHECK(access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0);
	return true;
}

bool rootfs_checks_old_root_is_gone(void)
{
	g_autofree char *mounts = NULL;
	g_auto(GStrv) lines = NULL;
	unsigned n_roots = 0;

	CHECK(g_file_get_contents("/proc/self/mountinfo", &mounts, NULL, NULL));
	CHECK(!strstr(mounts, " /sys/fs/cgroup/"));
	lines = g_strsplit(g_strchomp(mounts), "\n", -1);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) fields = g_strsplit(*line, " ", 6);

		CHECK(g_strv_length(fields) == 6);
		n_roots += strcmp(fields[4], "/") == 0;
	}
	CHECK(n_roots == 1);
	return true;
}
