/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach_device - the device that a namespace already has under the name that a link is to have */
#include "link/attach_device.h"

#include <errno.h>
#include <net/if.h>

#include "link/netlink.h"
#include "link/tap_device.h"
#include "src/autoclose.h"
#include "src/failure.h"

/* Nobody is there to have a device of that name: it lives for the moment of one replacement. */
#define ASIDE_NAME "netns-aside"

static bool look_at_addresses(const char *ifname, bool *ret_has, GError **error)
{
	struct netlink netlink;

	if (!netlink_init(&netlink, error))
		return false;
	bool ok = netlink_has_address(&netlink, ifname, ret_has, error);
	netlink_done(&netlink);
	return ok;
}

static bool take_existing(const char *ifname, struct attach_device *ret_device, GError **error)
{
	autoclose int tap = tap_device_open(ifname, error);
	bool has_address;

	if (tap < 0 || !look_at_addresses(ifname, &has_address, error))
		return false;
	ret_device->kind = has_address ? ATTACH_DEVICE_CONFIGURED : ATTACH_DEVICE_BARE;
	ret_device->tap = g_steal_fd(&tap);
	return true;
}

bool attach_device_take(const char *ifname, struct attach_device *ret_device, GError **error)
{
	struct attach_device device = {.kind = ATTACH_DEVICE_NONE, .tap = -1};
	g_autoptr(GError) cause = NULL;

	if (if_nametoindex(ifname) && !take_existing(ifname, &device, &cause)) {
		/* EINVAL: no TAP at all, maybe the veth of a gateway that is being taken down. */
		if (!g_error_matches(cause, FAILURE, EINVAL)) {
			g_propagate_error(error, g_steal_pointer(&cause));
			return false;
		}
		if (!netlink_wait_until_gone(ifname, error))
			return false;
	}
	*ret_device = device;
	return true;
}

void attach_device_done(struct attach_device *device)
{
	close_fd(&device->tap);
}

static bool rename_device(const char *ifname, const char *name, bool up, GError **error)
{
	struct netlink netlink;

	if (!netlink_init(&netlink, error))
		return false;
	bool ok = netlink_rename_link(&netlink, ifname, name, error);
	if (ok && up) {
		struct rtnl_link *link = rtnl_link_alloc();
		rtnl_link_set_flags(link, IFF_UP);
		ok = netlink_change_link(&netlink, name, link, error);
	}
	netlink_done(&netlink);
	return ok;
}

bool attach_device_set_aside(const char *ifname, GError **error)
{
	return rename_device(ifname, ASIDE_NAME, false, error);
}

bool attach_device_bring_back(const char *ifname, GError **error)
{
	return rename_device(ASIDE_NAME, ifname, true, error);
}
