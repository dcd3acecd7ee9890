/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child - C, the first process of a container, until it becomes init */
#include "launcher/child.h"

#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher/idmap.h"
#include "launcher/init.h"
#include "link/netconfig.h"
#include "link/process.h"
#include "launcher/setup.h"
#include "link/tap_device.h"
#include "src/autoclose.h"
#include "src/failure.h"

static bool configure_link(const struct link_config *plan, enum link_kind kind, int *ret_tap,
			   GError **error)
{
	struct link_config link = *plan;

	link_config_settle(&link, kind);
	if (kind == LINK_TAP) {
		*ret_tap = tap_device_open(link.ifname, error);
		if (*ret_tap < 0)
			return false;
	}
	return netconfig_configure_command(&link, false, error);
}

static bool link_up(const struct link_config *plan, enum link_kind kind, int socket, GError **error)
{
	autoclose int tap = -1;

	return configure_link(plan, kind, &tap, error) &&
	       setup_send_fds(socket, SETUP_LINKED, &tap, 1, error);
}

/*
 * Brings up the links that the launcher asks for, until CMD may start. A gateway may come to
 * nothing and take its device away: that is told, and the launcher may ask for a TAP next.
 */
static bool await_go(const struct link_config *link, int socket, struct etc_cover *cover,
		     GError **error)
{
	enum setup_kind step;
	int kind;

	/* While the gateway is built. */
	if (link->kind != LINK_TAP)
		etc_cover_bind(cover);
	while (setup_receive(socket, &step, &kind, error)) {
		g_autoptr(GError) failure = NULL;
		if (step == SETUP_GO) {
			etc_cover_bind(cover);
			return true;
		}
		if (link_up(link, (enum link_kind)kind, socket, &failure)) {
			/* While the forwarder makes itself ready. */
			etc_cover_bind(cover);
			continue;
		}
		if (kind == LINK_GATEWAY) {
			setup_send_failed(socket, failure, 125);
			continue;
		}
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	return false;
}

/* The cgroup namespace's root is the cgroup of its maker: not before C was moved to its own. */
static bool isolate(const struct container_options *options, GError **error)
{
	if (unshare(CLONE_NEWCGROUP) < 0)
		return failure_errno(error, "make a cgroup namespace");
	if (options->hostname && sethostname(options->hostname, strlen(options->hostname)) < 0)
		return failure_errno(error, "set the host name");
	return true;
}

bool child_take_ids(struct container_options *options, GError **error)
{
	if (options->idmap->is_other_user && !g_str_equal(options->rootfs.path, "/")) {
		if (chdir(options->rootfs.path) < 0)
			return failure_errno(error, "enter the root file system \"%s\"",
					     options->rootfs.path);
		options->rootfs.path = ".";
	}
	return idmap_enter(options->idmap, error);
}

/* The helper's socket comes from the launcher: what was inherited is closed. */
static bool enter_rootfs(const struct rootfs_options *options, int fuse_socket,
			 struct etc_cover *ret_cover, GError **error)
{
	struct rootfs_options rootfs = *options;
	struct overlay overlay;

	if (rootfs.overlay) {
		overlay = *rootfs.overlay;
		overlay.fuse.socket = fuse_socket;
		rootfs.overlay = &overlay;
	}
	return rootfs_enter(&rootfs, ret_cover, error);
}

static bool settle(const struct container_options *options, int socket, struct etc_cover *cover,
		   GError **error)
{
	if ((options->network == NETWORK_NONE && !netconfig_raise_loopback(error)) ||
	    !setup_send_fds(socket, SETUP_PREPARED, &cover->refresh, 1, error))
		return false;
	close_fd(&cover->refresh);
	return await_go(options->link, socket, cover, error);
}

static bool prepare(struct container_options *options, int socket, GError **error)
{
	autoclose int fuse_socket = -1;
	struct etc_cover cover;

	etc_cover_init(&cover);
	bool is_prepared = setup_expect_fds(socket, SETUP_MAPPED, &fuse_socket, 1, error) &&
			   child_take_ids(options, error) && isolate(options, error) &&
			   enter_rootfs(&options->rootfs, fuse_socket, &cover, error) &&
			   settle(options, socket, &cover, error);
	etc_cover_done(&cover);
	return is_prepared;
}

bool child_leave_network(GError **error)
{
	return unshare(CLONE_NEWNET) == 0 || failure_errno(error, CHILD_NO_NETWORK);
}

void child_run(const struct container_options *options, int socket, bool own_network)
{
	struct container_options own = *options;
	g_autoptr(GError) error = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	process_close_all_but(socket, socket);
	/* The caller's terminal is then not for the command, nor is it its /dev/console. */
	if (options->command.tty)
		process_forget_standard_streams();
	/* The caller's session keyring is not the command's. */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if ((own_network && !child_leave_network(&error)) || !prepare(&own, socket, &error)) {
		setup_send_failed(socket, error, 125);
		_exit(125);
	}
	own.command.emulate_ids = own.idmap->single;
	_exit(init_run(&own.command, socket));
}
