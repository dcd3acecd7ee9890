/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_encap - the way of encapsulated packets (VXLAN, Geneve) into the gateway's stack */
#include "link/gateway_encap.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <netlink/route/link/veth.h>

#include "src/autoclose.h"
#include "src/failure.h"

/*
 * How it works
 *
 * A tunnel device of the command leaves the checksum of a TCP segment that it wraps, and the
 * cutting into segments, to the device below: a veth takes such packets as they are. A UDP socket
 * in the gateway would then be given up to 64 KiB as one datagram, whose inner checksum nobody has
 * computed (Documentation/networking/segmentation-offloads.rst). A device without checksum offload
 * has no segmentation offload either: when a packet leaves by this one, the kernel does both.
 */

static bool add_pair(struct netlink *netlink, unsigned mtu, GError **error)
{
	struct rtnl_link *in = rtnl_link_veth_alloc();
	struct rtnl_link *out = rtnl_link_veth_get_peer(in);

	rtnl_link_set_name(in, GATEWAY_ENCAP_IN);
	rtnl_link_set_name(out, GATEWAY_ENCAP_OUT);
	rtnl_link_set_mtu(in, mtu);
	rtnl_link_set_mtu(out, mtu);
	rtnl_link_set_flags(in, IFF_NOARP);
	rtnl_link_set_flags(out, IFF_NOARP);
	rtnl_link_put(out);
	return netlink_add_link(netlink, in, error);
}

static bool stop_offload(GError **error)
{
	struct ethtool_value off = {.cmd = ETHTOOL_STXCSUM, .data = 0};
	struct ifreq request = {.ifr_data = (char *)&off};
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	g_strlcpy(request.ifr_name, GATEWAY_ENCAP_IN, sizeof(request.ifr_name));
	if (fd >= 0 && ioctl(fd, SIOCETHTOOL, &request) == 0)
		return true;
	return failure_errno(error, "stop the checksum offload of " GATEWAY_ENCAP_IN);
}

static bool raise_end(struct netlink *netlink, const char *ifname, GError **error)
{
	struct rtnl_link *link = rtnl_link_alloc();

	rtnl_link_set_flags(link, IFF_UP);
	return netlink_change_link(netlink, ifname, link, error);
}

bool gateway_encap_make(struct netlink *netlink, unsigned mtu, GError **error)
{
	return add_pair(netlink, mtu, error) && stop_offload(error) &&
	       raise_end(netlink, GATEWAY_ENCAP_OUT, error) &&
	       raise_end(netlink, GATEWAY_ENCAP_IN, error);
}
