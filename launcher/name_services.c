/* SPDX-License-Identifier: GPL-2.0-or-later */
/* name_services - services of the host that answer look-ups past the network's own name server */
#include "launcher/name_services.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/mounts.h"
#include "launcher/root_tree.h"
#include "src/autoclose.h"
#include "src/failure.h"

/* Where the daemons have their sockets, and what else is read there. */
static const struct service {
	const char *directory;
	const char *files[3];
} services[] = {
	{"/run/systemd/resolve", {"stub-resolv.conf", "resolv.conf", NULL}},
	{"/run/nscd", {NULL}},
	{"/run/avahi-daemon", {NULL}},
};

static bool is_same(int fd, const char *path)
{
	struct stat inside, outside;

	return fstat(fd, &inside) == 0 && stat(path, &outside) == 0 &&
	       inside.st_dev == outside.st_dev && inside.st_ino == outside.st_ino;
}

static bool write_file(int directory, const char *name, const char *text)
{
	autoclose int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	/* A tmpfs takes all or fails. */
	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Returns a detached mount of a directory that has the service's files alone; -1 with errno set. */
static int make_cover(const struct service *service, int staging, const char *resolv_conf)
{
	const char *name = strrchr(service->directory, '/') + 1;
	autoclose int directory = -1;
	autoclose int mount = -1;

	if (mkdirat(staging, name, 0755) < 0)
		return -1;
	directory = openat(staging, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -1;
	for (const char *const *file = service->files; resolv_conf && *file; file++)
		if (!write_file(directory, *file, resolv_conf))
			return -1;
	mount = mounts_clone(staging, name, AT_SYMLINK_NOFOLLOW);
	if (mount < 0 || !mounts_restrict_one(mount, MOUNT_ATTR_RDONLY))
		return -1;
	return g_steal_fd(&mount);
}

bool name_services_hide(const struct root_tree *tree, int staging, const char *resolv_conf,
			GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(services); i++) {
		const char *path = services[i].directory;
		autoclose int directory = root_tree_open(tree, path, O_DIRECTORY);
		autoclose int cover = -1;

		if (directory < 0 || !is_same(directory, path))
			continue;
		cover = make_cover(&services[i], staging, resolv_conf);
		if (cover < 0 || !mounts_attach(cover, directory, ""))
			return failure_errno(error, "cover \"%s\" of the root file system", path);
	}
	return true;
}
