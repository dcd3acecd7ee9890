/* SPDX-License-Identifier: GPL-2.0-or-later */
/* devices - the command's /dev: a tmpfs with the harmless devices of the host */
#include "launcher/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/mounts.h"
#include "src/autoclose.h"
#include "src/failure.h"

static const char *const dev_options[] = {"mode", "0755", "size", "64m", NULL};
static const char *const shm_options[] = {"mode", "1777", NULL};

/* gid 5 is the group tty of all distributions; devices that grantpt(3) then need not chown. */
static const char *const pts_tty_options[] = {"ptmxmode", "0666", "mode", "0620", "gid", "5", NULL};
static const char *const pts_options[] = {"ptmxmode", "0666", "mode", "0620", NULL};

/* Binds, because a user namespace's mknod(2) of a device is refused. */
static bool bind_device(int dev, const char *host_path, const char *name)
{
	autoclose int mount = mounts_clone(AT_FDCWD, host_path, 0);

	return mount >= 0 && mknodat(dev, name, S_IFREG | 0644, 0) == 0 &&
	       mounts_attach(mount, dev, name);
}

static bool bind_devices(int dev, GError **error)
{
	static const char *const host_paths[] = {"/dev/null",	"/dev/zero",	"/dev/full",
						 "/dev/random", "/dev/urandom", "/dev/tty"};

	for (size_t i = 0; i < G_N_ELEMENTS(host_paths); i++) {
		const char *name = host_paths[i] + strlen("/dev/");

		if (!bind_device(dev, host_paths[i], name))
			return failure_errno(error, "bind the host's \"%s\"", host_paths[i]);
	}
	return true;
}

static bool make_symlinks(int dev, GError **error)
{
	static const struct {
		const char *name, *target;
	} symlinks[] = {
		{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"},
		{"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"},
		{"ptmx", "pts/ptmx"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(symlinks); i++) {
		if (symlinkat(symlinks[i].target, dev, symlinks[i].name) < 0)
			return failure_errno(error, "make \"/dev/%s\"", symlinks[i].name);
	}
	return true;
}

/* Every devpts mount has been an instance of its own since Linux 4.7, without "newinstance". */
static int create_devpts(void)
{
	const unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	int mount = mounts_create("devpts", pts_tty_options, attributes);

	/* A group that is not mapped into the user namespace is refused. */
	if (mount < 0 && errno == EINVAL)
		mount = mounts_create("devpts", pts_options, attributes);
	return mount;
}

static bool attach_in(int dev, const char *name, int mount)
{
	return mount >= 0 && mkdirat(dev, name, 0755) == 0 && mounts_attach(mount, dev, name);
}

static bool mount_file_systems(int dev, GError **error)
{
	autoclose int pts = create_devpts();
	autoclose int shm = mounts_create("tmpfs", shm_options, MOUNTS_DATA_ONLY);
	autoclose int mqueue = mounts_create("mqueue", NULL, MOUNTS_DATA_ONLY);

	if (!attach_in(dev, "pts", pts))
		return failure_errno(error, "mount a devpts on \"/dev/pts\"");
	if (!attach_in(dev, "shm", shm))
		return failure_errno(error, "mount a tmpfs on \"/dev/shm\"");
	/* Refused without an own IPC namespace, absent without CONFIG_POSIX_MQUEUE. */
	if (mqueue >= 0 && !attach_in(dev, "mqueue", mqueue))
		return failure_errno(error, "mount an mqueue on \"/dev/mqueue\"");
	return true;
}

static bool bind_tun(int dev, GError **error)
{
	if (access("/dev/net/tun", F_OK) < 0)
		return true;
	if (mkdirat(dev, "net", 0755) < 0 || !bind_device(dev, "/dev/net/tun", "net/tun"))
		return failure_errno(error, "bind the host's \"/dev/net/tun\"");
	return true;
}

/*
 * So that ttyname(3) finds a name for the terminal, which is not in the new devpts. A terminal of
 * another container's devpts has no path here; the command then has none for it either.
 */
static bool bind_console(int dev, GError **error)
{
	const char *path = ttyname(STDIN_FILENO);

	if (path && !bind_device(dev, path, "console"))
		return failure_errno(error, "bind the terminal \"%s\" on \"/dev/console\"", path);
	return true;
}

bool devices_mount(int dev, GError **error)
{
	autoclose int top =
		mounts_create("tmpfs", dev_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);

	if (top < 0 || !mounts_attach(top, dev, ""))
		return failure_errno(error, "mount a tmpfs on \"/dev\"");
	return bind_devices(top, error) && make_symlinks(top, error) &&
	       mount_file_systems(top, error) && bind_tun(top, error) && bind_console(top, error);
}
