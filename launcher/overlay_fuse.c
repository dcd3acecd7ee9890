/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay_fuse - merges two layers by fuse-overlayfs, a process out of the container's reach */
#include "launcher/overlay_fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/mounts.h"
#include "launcher/overlay_split.h"
#include "link/process.h"
#include "launcher/setup.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"

#define PROGRAM "fuse-overlayfs"
/* How long the helper may take to write what is to be kept, in milliseconds. */
#define WRITE_TIMEOUT_MS 10000
/* In the helper's mount namespace; it has no use for what is there. */
#define PLACE "/sys"

enum { FD_DEVICE, FD_USER_NAMESPACE, N_FDS };

/* --- the helper --- */

/* The ids that C has: the mapped root, where the map has one. */
static bool join(int user_namespace, GError **error)
{
	if (setns(user_namespace, CLONE_NEWUSER) < 0)
		return failure_errno(error, "join the container's user namespace");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return failure_errno(error, "become root of the container");
	/* Joining has cleared it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || unshare(CLONE_NEWNS) < 0)
		return failure_errno(error, "make a mount namespace for " PROGRAM);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return failure_errno(error, "make the mounts of " PROGRAM " private");
	return true;
}

static int attach_new(int mount, int place, const char *name)
{
	if (mount < 0 || mkdirat(place, name, 0755) < 0 || !mounts_attach(mount, place, name))
		return -1;
	return mount;
}

static bool arrange_layers(const struct overlay_fuse_layers *layers, GError **error)
{
	autoclose int lower = mounts_clone(AT_FDCWD, layers->rootfs, 0);
	autoclose int session = layers->directory ? mounts_clone(AT_FDCWD, layers->directory, 0)
						  : mounts_create("tmpfs", NULL, MOUNT_ATTR_NODEV);
	autoclose int place = mounts_create("tmpfs", NULL, MOUNTS_DATA_ONLY);

	if (lower < 0 || !mounts_restrict(lower, MOUNT_ATTR_RDONLY))
		return failure_errno(error, "open the root file system \"%s\"", layers->rootfs);
	if (place < 0 || !mounts_attach(place, AT_FDCWD, PLACE) ||
	    attach_new(lower, place, "lower") < 0 || attach_new(session, place, "session") < 0)
		return failure_errno(error, "arrange the layers for " PROGRAM);
	if (!layers->directory && (!overlay_split_make_like(session, "upper", lower) ||
				   mkdirat(session, "work", 0700) < 0))
		return failure_errno(error, "make the upper layer");
	return true;
}

/* With one id all files appear as root's, which then may write to (copies of) them all. */
static bool has_foreign_root(void)
{
	g_autofree char *map = NULL;
	unsigned inside, outside, n = 0;
	struct stat st;

	if (g_file_get_contents("/proc/self/uid_map", &map, NULL, NULL) &&
	    sscanf(map, "%u %u %u", &inside, &outside, &n) == 3 && n == 1 &&
	    !strchr(g_strchomp(map), '\n'))
		return true;
	return stat(PLACE "/lower", &st) == 0 && st.st_uid == OVERLAY_FUSE_UNMAPPED;
}

static bool redirect_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (null < 0 || dup2(null, fd) < 0)
			return false;
	}
	return true;
}

static void execute(const char *program, int device, GError **error)
{
	static const char layers[] = "lowerdir=" PLACE "/lower,upperdir=" PLACE
				     "/session/upper,workdir=" PLACE "/session/work";
	g_autofree char *options =
		g_strconcat(layers, has_foreign_root() ? ",squash_to_root" : "", NULL);
	int inherited = dup(device);
	g_autofree char *mount_point = g_strdup_printf("/dev/fd/%d", inherited);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (inherited >= 0 && redirect_streams())
		execl(program, PROGRAM, "-f", "-o", options, mount_point, (char *)NULL);
	failure_errno(error, "execute %s", program);
}

static G_NORETURN void run_helper(const char *program, const struct overlay_fuse_layers *layers,
				  int socket, pid_t launcher)
{
	g_autoptr(GError) error = NULL;
	int fds[N_FDS];

	prctl(PR_SET_NAME, "netns-overlay");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	process_close_all_but(socket, socket);
	/* Ctrl-C is for the command. */
	setsid();
	if (getppid() != launcher || !setup_expect_fds(socket, SETUP_OVERLAY, fds, N_FDS, NULL))
		_exit(0);
	if (join(fds[FD_USER_NAMESPACE], &error) && arrange_layers(layers, &error))
		execute(program, fds[FD_DEVICE], &error);
	setup_send_failed(socket, error, 125);
	_exit(125);
}

/* --- launcher --- */

bool overlay_fuse_check(GError **error)
{
	g_autofree char *program = g_find_program_in_path(PROGRAM);

	if (!program) {
		failure_set(error, ENOENT, "install it: apt-get install fuse-overlayfs",
			    PROGRAM " was not found in PATH");
		return false;
	}
	if (access("/dev/fuse", R_OK | W_OK) == 0)
		return true;
	failure_set(error, errno,
		    errno == EACCES ? "as root: chmod 0666 /dev/fuse, as udev does"
				    : "as root: modprobe fuse; in a container: give it /dev/fuse",
		    PROGRAM " needs /dev/fuse: %s", g_strerror(errno));
	return false;
}

bool overlay_fuse_start(struct overlay_fuse *fuse, const struct overlay_fuse_layers *layers,
			GError **error)
{
	g_autofree char *program = g_find_program_in_path(PROGRAM);
	pid_t launcher = getpid();
	int pair[2];

	if (!overlay_fuse_check(error) || !fdpass_socketpair(pair, error))
		return false;
	fuse->socket = pair[0];
	pid_t pid = fork();
	if (pid == 0) {
		close(pair[0]);
		run_helper(program, layers, pair[1], launcher);
	}
	close(pair[1]);
	if (pid < 0)
		return failure_errno(error, "fork");
	fuse->pidfd = pidfd_open(pid, 0);
	return fuse->pidfd >= 0 || failure_errno(error, "watch " PROGRAM);
}

void overlay_fuse_done(struct overlay_fuse *fuse, bool keep)
{
	struct pollfd entry = {.fd = fuse->pidfd, .events = POLLIN};

	close_fd(&fuse->socket);
	if (fuse->pidfd < 0)
		return;
	if (keep)
		poll(&entry, 1, WRITE_TIMEOUT_MS);
	pidfd_send_signal(fuse->pidfd, SIGKILL, NULL, 0);
	while (waitid(P_PIDFD, (id_t)fuse->pidfd, NULL, WEXITED) < 0 && errno == EINTR)
		;
	close_fd(&fuse->pidfd);
}

/* --- the container's first process --- */

static int create_mount(int device, GError **error)
{
	char fd_text[16];
	const char *const options[] = {
		"fd",	    fd_text,	   "rootmode",
		"40000",    "user_id",	   "0",
		"group_id", "0",	   "default_permissions",
		NULL,	    "allow_other", NULL,
		NULL,
	};
	int mount;

	g_snprintf(fd_text, sizeof(fd_text), "%d", device);
	mount = mounts_create("fuse", options, MOUNT_ATTR_NODEV);
	if (mount < 0)
		failure_set(error, errno, "Linux 4.18 is needed, and a host that allows it",
			    "mount FUSE in a user namespace: %s", g_strerror(errno));
	return mount;
}

static bool hand_over(int socket, int device, GError **error)
{
	autoclose int user_namespace = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	const int fds[N_FDS] = {[FD_DEVICE] = device, [FD_USER_NAMESPACE] = user_namespace};
	int status;

	if (user_namespace < 0)
		return failure_errno(error, "open the user namespace");
	return setup_send_fds(socket, SETUP_OVERLAY, fds, N_FDS, error) &&
	       setup_expect_executed(socket, &status, error);
}

int overlay_fuse_mount(int socket, GError **error)
{
	autoclose int device = -1, mount = -1;
	struct stat st;

	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0) {
		failure_errno(error, "open /dev/fuse");
		return -1;
	}
	mount = create_mount(device, error);
	if (mount < 0 || !hand_over(socket, device, error))
		return -1;
	/* With the last descriptor of the device an end of the program ends the waiting, too. */
	close_fd(&device);
	if (fstatat(mount, "", &st, AT_EMPTY_PATH) < 0 || faccessat(mount, ".", X_OK, 0) < 0) {
		failure_set(error, errno, "try it by hand: " PROGRAM " -f -o lowerdir=...",
			    PROGRAM " could not merge the layers: %s", g_strerror(errno));
		return -1;
	}
	return g_steal_fd(&mount);
}
