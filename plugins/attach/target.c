/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target - the namespaces or the device that netns-attach is told, checked before use */
#include "plugins/attach/target.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link/frame_socket.h"
#include "link/tap_device.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/number.h"

/* --- what is named --- */

static bool open_process(struct target *target, const char *text, struct netns *ret_namespaces,
			 GError **error)
{
	g_autofree char *path = NULL;
	guint64 pid;

	if (!number_parse(text, 1, G_MAXINT, "a PID", &pid, error))
		return false;
	target->pid = (pid_t)pid;
	path = g_strdup_printf("/proc/%d/ns/net", (int)target->pid);
	return netns_open(path, NULL, ret_namespaces, error);
}

/* With --userns-fd its descriptor takes the place of the owner's. */
static bool open_namespaces(struct target *target, struct attach_options *options, GError **error)
{
	struct netns *namespaces = &target->namespaces;
	bool ok;

	if (options->netns_fd >= 0)
		return netns_adopt(g_steal_fd(&options->netns_fd), g_steal_fd(&options->userns_fd),
				   namespaces, error);
	if (strchr(options->target, '/')) {
		target->path = options->target;
		ok = netns_open(target->path, NULL, namespaces, error);
	} else
		ok = open_process(target, options->target, namespaces, error);
	if (!ok || options->userns_fd < 0)
		return ok;
	close_fd(&namespaces->userns);
	return netns_adopt(g_steal_fd(&namespaces->netns), g_steal_fd(&options->userns_fd),
			   namespaces, error);
}

static bool check_namespaces(const struct target *target, const struct attach_options *options,
			     GError **error)
{
	if (!netns_is_own(&target->namespaces))
		return true;
	failure_set(error, EEXIST, "make a new one, e.g. with unshare --user --net",
		    "%s leads to the host's own network namespace",
		    options->target ? options->target : "--netns-fd");
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
	*target = (struct target){.tap = -1};
	netns_init(&target->namespaces);
}

bool target_open(struct target *target, struct attach_options *options, GError **error)
{
	target->tap = g_steal_fd(&options->tap_fd);
	if (target->tap >= 0)
		return check_tap(target, error);
	return open_namespaces(target, options, error) && check_namespaces(target, options, error);
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
		.userns = target->namespaces.userns,
		.netns = target->namespaces.netns,
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
	netns_done(&target->namespaces);
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
