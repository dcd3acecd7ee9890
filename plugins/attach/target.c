/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target - the namespaces or the device that netns-attach is told, checked before use */
#include "plugins/attach/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link/frame_socket.h"
#include "link/tap_device.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/number.h"

static bool is_same(int fd, const char *path)
{
	struct stat ours, theirs;

	return stat(path, &ours) == 0 && fstat(fd, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
}

/* --- what is named --- */

static bool check_namespace(int fd, int type, const char *name, GError **error)
{
	if (ioctl(fd, NS_GET_NSTYPE) == type)
		return true;
	failure_set(error, EINVAL, NULL, "%s is no %s namespace", name,
		    type == CLONE_NEWNET ? "network" : "user");
	return false;
}

/* Without blocking: it may be anything. */
static int open_netns(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		failure_errno(error, "open the network namespace %s", path);
	return fd;
}

static bool open_target(struct target *target, const struct attach_options *options, GError **error)
{
	g_autofree char *of_process = NULL;
	guint64 pid;

	if (strchr(options->target, '/')) {
		target->path = options->target;
		target->netns = open_netns(target->path, error);
		return target->netns >= 0;
	}
	if (!number_parse(options->target, 1, G_MAXINT, "a PID", &pid, error))
		return false;
	target->pid = (pid_t)pid;
	of_process = g_strdup_printf("/proc/%d/ns/net", (int)target->pid);
	target->netns = open_netns(of_process, error);
	return target->netns >= 0;
}

/*
 * Whoever has to be root there. A caller may be in it already; then, and where the kernel may not
 * tell (EPERM), there is nothing to enter.
 */
static bool find_userns(struct target *target, GError **error)
{
	if (target->userns < 0)
		target->userns = ioctl(target->netns, NS_GET_USERNS);
	else if (!check_namespace(target->userns, CLONE_NEWUSER, "the descriptor of --userns-fd",
				  error))
		return false;
	if (target->userns >= 0 && is_same(target->userns, "/proc/self/ns/user"))
		close_fd(&target->userns);
	return true;
}

static bool check_netns(const struct target *target, const struct attach_options *options,
			GError **error)
{
	const char *name = options->target ? options->target : "the descriptor of --netns-fd";

	if (!check_namespace(target->netns, CLONE_NEWNET, name, error))
		return false;
	if (!is_same(target->netns, "/proc/self/ns/net"))
		return true;
	failure_set(error, EEXIST, "make a new one, e.g. with unshare --user --net",
		    "%s leads to the host's own network namespace", name);
	return false;
}

/* A device that is there has a name and an address already. */
static bool check_tap(struct target *target, GError **error)
{
	char ifname[IFNAMSIZ];
	bool ok = frame_socket_is(target->tap) ? frame_socket_adopt(target->tap, error)
					       : tap_device_adopt(target->tap, ifname, error);

	if (!ok)
		g_prefix_error(error, "--tap-fd: ");
	return ok;
}

void target_init(struct target *target)
{
	*target = (struct target){.netns = -1, .userns = -1, .tap = -1};
}

bool target_open(struct target *target, struct attach_options *options, GError **error)
{
	target->netns = g_steal_fd(&options->netns_fd);
	target->userns = g_steal_fd(&options->userns_fd);
	target->tap = g_steal_fd(&options->tap_fd);
	if (target->tap >= 0)
		return check_tap(target, error);
	if (options->target && !open_target(target, options, error))
		return false;
	return check_netns(target, options, error) && find_userns(target, error);
}

static bool take_device(struct target *target, const struct link_config *link,
			struct attachment *ret_attachment, GError **error)
{
	struct attachment attachment;

	attachment_init(&attachment);
	attachment.link = *link;
	if (!frame_socket_is(target->tap) &&
	    (!tap_device_adopt(target->tap, attachment.link.ifname, error) ||
	     !tap_device_mac(target->tap, &attachment.link.mac, error)))
		return false;
	link_config_settle(&attachment.link, LINK_TAP);
	attachment.fds[HANDOFF_FD_TAP] = g_steal_fd(&target->tap);
	*ret_attachment = attachment;
	return true;
}

bool target_attach(struct target *target, const struct attach_options *options,
		   const struct link_config *link, struct attachment *ret_attachment,
		   GError **error)
{
	const struct attach_plan plan = {
		.userns = target->userns,
		.netns = target->netns,
		.link = *link,
		.has_mac = options->network.has_mac,
		.configure = !options->no_configure,
	};

	if (target->tap >= 0)
		return take_device(target, link, ret_attachment, error);
	return attach_build(&plan, ret_attachment, error);
}

void target_done(struct target *target)
{
	close_fd(&target->netns);
	close_fd(&target->userns);
	close_fd(&target->tap);
}

/* --- the other descriptors --- */

static int get_option(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

static bool is_listening_unix(int fd)
{
	return get_option(fd, SO_DOMAIN) == AF_UNIX && get_option(fd, SO_TYPE) == SOCK_STREAM &&
	       get_option(fd, SO_ACCEPTCONN) == 1;
}

/* The forwarder accepts until there is nobody left. */
static bool prepare_control(int fd, GError **error)
{
	if (fd < 0)
		return true;
	if (!is_listening_unix(fd)) {
		failure_set(error, EINVAL,
			    "make it with AF_UNIX and SOCK_STREAM, and call listen(2)",
			    "--control-fd: descriptor %d is no listening unix socket", fd);
		return false;
	}
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0 ||
	       failure_errno(error, "--control-fd: make descriptor %d non-blocking", fd);
}

/* Of a file or a terminal nobody closes the other end. */
static bool check_exit(int fd, GError **error)
{
	struct stat st;

	if (fd < 0 || (fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))))
		return true;
	failure_set(error, EINVAL, "give it one end of a pipe, and keep the other",
		    "--exit-fd: descriptor %d is no pipe or socket", fd);
	return false;
}

bool target_prepare_descriptors(const struct attach_options *options, GError **error)
{
	return prepare_control(options->control_fd, error) && check_exit(options->exit_fd, error);
}
