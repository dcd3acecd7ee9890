/* SPDX-License-Identifier: GPL-2.0-or-later */
/* banner - what slirp4netns tells on standard output when it starts */
#include "plugins/slirp4netns/banner.h"

#include <arpa/inet.h>
#include <stdio.h>

/* How many addresses libslirp's DHCP server has after its first. */
#define DHCP_MORE 15

static void print_address(const char *label, const struct ip_address *address)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	if (address->family != AF_UNSPEC)
		printf("* %-16s %s\n", label, ip_address_text(address, text));
}

static void print_networks(const struct link_network *v4)
{
	struct ip_address netmask = {.family = AF_INET, .v4 = ip_prefix_netmask(&v4->prefix)};
	struct ip_address last = v4->dhcp;

	last.v4.s_addr = htonl(ntohl(last.v4.s_addr) + DHCP_MORE);
	print_address("Network:", &v4->prefix.address);
	print_address("Netmask:", &netmask);
	print_address("Gateway:", &v4->gateway);
	print_address("DNS:", &v4->dns);
	print_address("DHCP begin:", &v4->dhcp);
	print_address("DHCP end:", &last);
	print_address("Recommended IP:", &v4->command);
}

static void print_outbound(const char *label, const struct ip_address *address)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	if (address->family != AF_UNSPEC)
		printf("* %s    %s\n", label, ip_address_text(address, text));
}

void banner_print(const struct slirp_options *options)
{
	const struct link_config *link = &options->link;
	char gateway[IP_ADDRESS_TEXT_SIZE];

	printf("Starting slirp\n* MTU:             %u\n", link->mtu);
	print_networks(&link->v4);
	if (options->api_socket)
		printf("* API Socket:      %s\n", options->api_socket);
	print_outbound("Outbound IPv4:", &link->v4.outbound);
	print_outbound("Outbound IPv6:", &link->v6.outbound);
	if (options->has_mac) {
		g_autofree char *mac = mac_address_to_string(&link->mac);
		printf("* MAC address:     %s\n", mac);
	}
	if (!options->disable_host_loopback)
		printf("WARNING: 127.0.0.1:* on the host is accessible as %s (set "
		       "--disable-host-loopback to prohibit connecting to 127.0.0.1:*)\n",
		       ip_address_text(&link->v4.gateway, gateway));
	fflush(stdout);
}
