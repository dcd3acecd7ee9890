/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_host_network - the host's own interface, address and router, in fresh namespaces */
#include <errno.h>
#include <netinet/in.h>

#include <glib.h>

#include "link/host_network.h"
#include "link/netconfig.h"
#include "link/tap_device.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/link_config.h"
#include "tests/unit/namespaces.h"

static struct ip_address address_of(const char *text)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	return address;
}

static void share(struct link_network *network, const char *command, unsigned length,
		  const char *router)
{
	struct ip_address command_address = address_of(command);
	struct ip_address router_address = address_of(router);

	link_network_share(network, &command_address, length, &router_address);
}

/* A host with these addresses; the TAP's descriptor keeps it. */
static int make_host(const char *ifname, const char *v4, unsigned length, const char *router)
{
	struct link_config link = {.kind = LINK_TAP, .mac = {{2, 1, 2, 3, 4, 5}}, .mtu = 1500};
	g_autoptr(GError) error = NULL;

	g_strlcpy(link.ifname, ifname, sizeof(link.ifname));
	share(&link.v4, v4, length, router);
	share(&link.v6, "2001:db8::77", 64, "fe80::1");
	int tap = tap_device_open(ifname, &error);
	g_assert_no_error(error);
	netconfig_configure_command(&link, false, &error);
	g_assert_no_error(error);
	return tap;
}

static void assert_network(int family, const char *ifname, const char *address, unsigned length,
			   const char *router)
{
	char text[IP_ADDRESS_TEXT_SIZE];
	g_autoptr(GError) error = NULL;
	struct host_network network;

	g_assert_true(host_network_find(family, ifname, &network, &error));
	g_assert_no_error(error);
	if (ifname)
		g_assert_cmpstr(network.ifname, ==, ifname);
	g_assert_cmpstr(ip_address_text(&network.address, text), ==, address);
	g_assert_cmpuint(network.length, ==, length);
	g_assert_cmpstr(ip_address_text(&network.router, text), ==, router);
}

static void assert_none(int family, const char *ifname, int errnum, const char *message)
{
	g_autoptr(GError) error = NULL;
	struct host_network network;

	g_assert_false(host_network_find(family, ifname, &network, &error));
	g_assert_error(error, FAILURE, errnum);
	g_assert_cmpstr(error->message, ==, message);
}

static void test_default_route(void)
{
	if (!namespaces_enter())
		return;
	autoclose int tap = make_host("lan0", "192.0.2.77", 24, "192.0.2.1");
	assert_network(AF_INET, NULL, "192.0.2.77", 24, "192.0.2.1");
	assert_network(AF_INET, "lan0", "192.0.2.77", 24, "192.0.2.1");
	assert_network(AF_INET6, NULL, "2001:db8::77", 64, "fe80::1");
}

/* As some clouds have it: the router is no neighbour by address. */
static void test_foreign_router(void)
{
	if (!namespaces_enter())
		return;
	autoclose int tap = make_host("lan0", "192.0.2.77", 32, "198.51.100.1");
	assert_network(AF_INET, NULL, "192.0.2.77", 32, "198.51.100.1");
}

static void test_nothing(void)
{
	if (!namespaces_enter())
		return;
	assert_none(AF_INET, NULL, ENOENT, "the host has no IPv4 default route");
	assert_none(AF_INET6, NULL, ENOENT, "the host has no IPv6 default route");
	assert_none(AF_INET, "lan7", ENODEV, "Invalid interface name lan7: No such device");
	assert_none(AF_INET, "lo", ENOENT, "lo has no IPv4 address");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-network/default-route", test_default_route);
	g_test_add_func("/host-network/foreign-router", test_foreign_router);
	g_test_add_func("/host-network/nothing", test_nothing);
	return g_test_run();
}
