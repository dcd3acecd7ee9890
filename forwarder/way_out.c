/* SPDX-License-Identifier: GPL-2.0-or-later */
/* way_out - binds the sockets that speak for the command to the interface and address chosen */
#include "forwarder/way_out.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/*
 * How it works
 *
 * SO_BINDTODEVICE (socket(7)) needs no privilege since Linux 5.7 where the socket is bound to none
 * yet. It holds the interface's index: once the interface is gone, or there is a new one with its
 * name, the socket finds no route any more, whatever else the host has.
 *
 * An address alone chooses the source and leaves the route to the host's rules. Once the host has
 * lost it, bind(2) fails, and IPv4 sends nothing from it any more. IPv6 goes on for what is bound
 * to it already (Linux 6.18): who wants no other interface gives the interface.
 */

static bool bind_interface(const struct way_out *way_out, int fd)
{
	const char *interface = way_out->outbound->interface;

	return !interface[0] || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
					   (socklen_t)strlen(interface)) == 0;
}

static bool has_way_out(const struct way_out *way_out, sa_family_t family)
{
	if (!way_out->outbound->is_by_no_other ||
	    link_config_network(way_out->link, family)->outbound.family)
		return true;
	errno = EADDRNOTAVAIL;
	return false;
}

static bool bind_address(const struct way_out *way_out, int fd, sa_family_t family)
{
	struct sockaddr_storage address;
	socklen_t size = ip_address_to_sockaddr(
		&link_config_network(way_out->link, family)->outbound, 0, &address);

	if (!size)
		return has_way_out(way_out, family);
	return bind(fd, (struct sockaddr *)&address, size) == 0;
}

bool way_out_bind_stream(const struct way_out *way_out, int fd,
			 const struct ip_address *destination)
{
	const int on = 1;

	if (ip_address_is_host_loopback(destination))
		return true;
	/* The port is chosen with the remote in view: as many connections as without an address. */
	(void)setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind_interface(way_out, fd) && bind_address(way_out, fd, destination->family);
}

bool way_out_bind_datagram(const struct way_out *way_out, int fd, sa_family_t family)
{
	return bind_interface(way_out, fd) && bind_address(way_out, fd, family);
}

/* Of UDP one socket serves all remotes: what is meant for the host's loopback is bound, and fails.
 */
bool way_out_bind_stack_socket(const struct way_out *way_out, const struct policy *policy, int fd,
			       const struct frame *frame)
{
	bool is_tcp = frame->protocol == IPPROTO_TCP;
	struct sockaddr_storage address;
	struct ip_address destination;
	uint16_t port;

	if (is_tcp && way_out->outbound->proxy.kind != PROXY_NONE &&
	    policy_is_outside(policy, &frame->destination))
		return false;
	if (is_tcp && policy_translate(policy, &frame->destination, 0, &address) &&
	    ip_address_from_sockaddr((struct sockaddr *)&address, &destination, &port) &&
	    ip_address_is_host_loopback(&destination))
		return true;
	return bind_interface(way_out, fd) && has_way_out(way_out, frame->destination.family);
}
