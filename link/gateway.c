/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway - the namespace between the command and the TAP, where the kernel terminates TCP */
#include "link/gateway.h"

#include <errno.h>
#include <linux/in6.h>
#include <string.h>
#include <sys/socket.h>

#include "link/gateway_links.h"
#include "link/gateway_rules.h"
#include "link/netconfig.h"
#include "link/tap_device.h"
#include "link/transparent.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/gateway_marker.h"

/*
 * How it works
 *
 * 1. tap0, because the rules name it, sysctls, and the transparent sockets, bound to the loopback
 *    addresses: bound to all addresses they would take their port from every client whose address a
 *    published connection borrows.
 * 2. The veth pair (gateway_links). The command can configure its end from here on.
 * 3. Routes and routing rules.
 * 4. The nftables rules (gateway_rules), last: from then on frames flow.
 */

#define LISTEN_BACKLOG 4096

static bool check_mac(const struct mac_address *mac, GError **error)
{
	static const struct mac_address marker = GATEWAY_MARKER_MAC;

	if (memcmp(mac, &marker, sizeof(marker)) != 0)
		return true;
	failure_set(error, EINVAL, "take another MAC address",
		    "the gateway link needs the MAC address " GATEWAY_MARKER_MAC_TEXT
		    " for itself");
	return false;
}

static bool bind_loopback(int fd, int family, uint16_t port)
{
	struct ip_address loopback = {.family = (sa_family_t)family};
	struct sockaddr_storage address;

	if (family == AF_INET)
		loopback.v4.s_addr = htonl(INADDR_LOOPBACK);
	else
		loopback.v6 = in6addr_loopback;
	socklen_t length = ip_address_to_sockaddr(&loopback, port, &address);
	return bind(fd, (struct sockaddr *)&address, length) == 0;
}

static int listen_tcp(int family, GError **error)
{
	autoclose int fd = transparent_socket(family, SOCK_STREAM);

	if (fd < 0 || !bind_loopback(fd, family, GATEWAY_TCP_PORT) ||
	    listen(fd, LISTEN_BACKLOG) < 0) {
		failure_errno(error, "make the gateway's transparent TCP listener");
		return -1;
	}
	return g_steal_fd(&fd);
}

static int bind_udp(int family, GError **error)
{
	autoclose int fd = transparent_socket(family, SOCK_DGRAM);
	int level = family == AF_INET ? SOL_IP : SOL_IPV6;
	int option = family == AF_INET ? IP_RECVORIGDSTADDR : IPV6_RECVORIGDSTADDR;
	int on = 1;

	if (fd < 0 || setsockopt(fd, level, option, &on, sizeof(on)) < 0 ||
	    !bind_loopback(fd, family, GATEWAY_UDP_PORT)) {
		failure_errno(error, "make the gateway's transparent UDP socket");
		return -1;
	}
	return g_steal_fd(&fd);
}

static bool open_sockets(struct gateway_fds *fds, bool with_v6, GError **error)
{
	fds->tcp4 = listen_tcp(AF_INET, error);
	if (fds->tcp4 < 0)
		return false;
	if (with_v6 && (fds->tcp6 = listen_tcp(AF_INET6, error)) < 0)
		return false;
	fds->udp4 = bind_udp(AF_INET, error);
	if (fds->udp4 < 0)
		return false;
	return !with_v6 || (fds->udp6 = bind_udp(AF_INET6, error)) >= 0;
}

static bool prepare(const struct link_config *config, struct gateway_fds *fds, GError **error)
{
	if (!check_mac(&config->mac, error) || !netconfig_check_ipv6(config, error))
		return false;
	fds->tap = tap_device_open(GATEWAY_TAP, error);
	if (fds->tap < 0 || !gateway_links_prepare(config, error) ||
	    !open_sockets(fds, config->v6.enabled, error))
		return false;
	gateway_rules_prepare();
	return true;
}

bool gateway_prepare(const struct link_config *config, struct gateway_fds *ret_fds, GError **error)
{
	*ret_fds = (struct gateway_fds){.tap = -1, .tcp4 = -1, .tcp6 = -1, .udp4 = -1, .udp6 = -1};
	if (prepare(config, ret_fds, error))
		return true;
	gateway_fds_close(ret_fds);
	return false;
}

bool gateway_connect(const struct link_config *config, int command_netns, GError **error)
{
	if (gateway_links_connect(config, command_netns, error))
		return true;
	gateway_links_remove();
	return false;
}

bool gateway_complete(const struct link_config *config, GError **error)
{
	if (gateway_links_complete(config, error) && gateway_rules_load(config, error))
		return true;
	gateway_links_remove();
	return false;
}

bool gateway_build(const struct link_config *config, int command_netns, struct gateway_fds *ret_fds,
		   GError **error)
{
	struct gateway_fds fds;

	if (!gateway_prepare(config, &fds, error)) {
		gateway_links_remove();
		return false;
	}
	if (!gateway_connect(config, command_netns, error) || !gateway_complete(config, error)) {
		gateway_fds_close(&fds);
		return false;
	}
	*ret_fds = fds;
	return true;
}

void gateway_fds_close(struct gateway_fds *fds)
{
	close_fd(&fds->tap);
	close_fd(&fds->tcp4);
	close_fd(&fds->tcp6);
	close_fd(&fds->udp4);
	close_fd(&fds->udp6);
}
