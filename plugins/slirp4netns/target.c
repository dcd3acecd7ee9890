/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target - the namespaces that the caller names */
#include "plugins/slirp4netns/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link/tap_device.h"
#include "src/autoclose.h"
#include "src/failure.h"

static int open_namespace(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		failure_errno(error, "open the namespace %s", path);
	return fd;
}

static int open_netns(const struct slirp_options *options, GError **error)
{
	if (options->netns_type == NETNS_PATH)
		return open_namespace(options->target, error);
	g_autofree char *path = g_strdup_printf("/proc/%d/ns/net", options->target_number);
	return open_namespace(path, error);
}

static bool is_own_userns(int fd)
{
	struct stat own, other;

	return stat("/proc/self/ns/user", &own) == 0 && fstat(fd, &other) == 0 &&
	       own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

/*
 * The one that owns the network namespace: whoever has to be root there. A caller may be in it
 * already, as podman is; then, and where the kernel may not tell, there is nothing to enter.
 */
static int open_userns(const struct slirp_options *options, int netns, GError **error)
{
	autoclose int fd = -1;

	if (options->userns_path) {
		fd = open_namespace(options->userns_path, error);
		if (fd < 0)
			return -1;
	} else {
		fd = ioctl(netns, NS_GET_USERNS);
		if (fd < 0 && errno != EPERM) {
			failure_errno(error, "%s is no network namespace", options->target);
			return -1;
		}
	}
	return fd < 0 || is_own_userns(fd) ? -1 : g_steal_fd(&fd);
}

/* Locally administered, unicast (IEEE 802). */
static bool random_mac(struct mac_address *ret_mac, GError **error)
{
	if (getrandom(ret_mac->bytes, sizeof(ret_mac->bytes), 0) < 0)
		return failure_errno(error, "getrandom");
	ret_mac->bytes[0] = 0x5a;
	return true;
}

static bool attach_namespaces(const struct slirp_options *options,
			      struct attachment *ret_attachment, GError **error)
{
	g_autoptr(GError) cause = NULL;
	autoclose int netns = open_netns(options, error);
	autoclose int userns = netns < 0 ? -1 : open_userns(options, netns, &cause);
	struct attach_plan plan = {
		.userns = userns,
		.netns = netns,
		.link = options->link,
		.has_mac = options->has_mac,
		.configure = options->configure,
	};

	if (netns < 0)
		return false;
	if (cause) {
		g_propagate_error(error, g_steal_pointer(&cause));
		return false;
	}
	if (!options->has_mac && !random_mac(&plan.link.mac, error))
		return false;
	return attach_build(&plan, ret_attachment, error);
}

static bool adopt_tap(const struct slirp_options *options, struct attachment *ret_attachment,
		      GError **error)
{
	int given = options->target_number;
	struct attachment attachment;
	autoclose int tap = -1;

	attachment_init(&attachment);
	attachment.link = options->link;
	if (!tap_device_adopt(given, attachment.link.ifname, error) ||
	    !tap_device_mac(given, &attachment.link.mac, error))
		return false;
	tap = fcntl(given, F_DUPFD_CLOEXEC, 0);
	if (tap < 0)
		return failure_errno(error, "duplicate descriptor %d", given);
	link_config_settle(&attachment.link, LINK_TAP);
	attachment.fds[HANDOFF_FD_TAP] = g_steal_fd(&tap);
	*ret_attachment = attachment;
	return true;
}

bool target_attach(const struct slirp_options *options, struct attachment *ret_attachment,
		   GError **error)
{
	if (options->netns_type == NETNS_TAPFD)
		return adopt_tap(options, ret_attachment, error);
	return attach_namespaces(options, ret_attachment, error);
}
