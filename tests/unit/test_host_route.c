/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_host_route - which addresses the kernel delivers on the host itself */
#include "forwarder/host_route.h"

#include "link/netlink.h"
#include "tests/unit/namespaces.h"

static void run(const char *command)
{
	int status = -1;

	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, &status, NULL));
	g_assert_cmpint(status, ==, 0);
}

static bool is_local(struct host_route *route, const char *text)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	return host_route_is_local(route, &address);
}

/* The kernel takes addresses of IPv6 into its routing by a worker, some time after it has them. */
static bool becomes_local(struct host_route *route, const char *text)
{
	g_autoptr(GError) error = NULL;
	struct ip_address address;
	struct netlink netlink;

	g_assert_true(ip_address_parse(text, &address, NULL));
	g_assert_true(netlink_init(&netlink, NULL));
	netlink_wait_until_local(&netlink, "d0", &address, &error);
	g_assert_no_error(error);
	netlink_done(&netlink);
	return host_route_is_local(route, &address);
}

static void test_local(void)
{
	g_autoptr(GError) error = NULL;

	if (!namespaces_enter())
		return;
	struct host_route *route = host_route_new(&error);
	g_assert_no_error(error);
	/* Without any route, then with those that addresses bring. */
	g_assert_false(is_local(route, "192.0.2.1"));
	run("ip link set lo up");
	run("ip link add d0 type veth peer name d1");
	run("ip link set d0 up");
	run("ip link set d1 up");
	run("ip address add 192.0.2.1/24 dev d0");
	run("ip address add 192.0.2.2/24 dev d0");
	run("ip -6 address add 2001:db8::1/64 dev d0 nodad");
	run("ip route add default via 192.0.2.254");
	g_assert_true(is_local(route, "192.0.2.1"));
	g_assert_true(is_local(route, "192.0.2.2"));
	g_assert_true(is_local(route, "127.9.9.9"));
	g_assert_true(becomes_local(route, "2001:db8::1"));
	g_assert_true(becomes_local(route, "::1"));
	g_assert_false(is_local(route, "192.0.2.3"));
	g_assert_false(is_local(route, "198.51.100.1"));
	g_assert_false(is_local(route, "2001:db8::2"));
	/* A router has the first address of each of its networks as well (RFC 4291 2.6.1). */
	g_assert_false(is_local(route, "2001:db8::"));
	run("sh -c 'echo 1 >/proc/sys/net/ipv6/conf/d0/forwarding'");
	g_assert_true(becomes_local(route, "2001:db8::"));
	run("ip address delete 192.0.2.1/24 dev d0");
	g_assert_false(is_local(route, "192.0.2.1"));
	host_route_free(route);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-route/local", test_local);
	return g_test_run();
}
