/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_netconfig - choice of prefixes and the command's configuration, in fresh namespaces */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_addr.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "link/netconfig.h"
#include "link/sysctl.h"
#include "link/tap_device.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "tests/unit/namespaces.h"

static void fill_config(struct link_config *config)
{
	*config = (struct link_config){
		.kind = LINK_TAP,
		.ifname = "eth0",
		.mac = {{0x02, 1, 2, 3, 4, 5}},
		.mtu = 1500,
	};
}

static struct ip_prefix prefix_of(const char *text)
{
	struct ip_prefix prefix;

	g_assert_true(ip_prefix_parse(text, &prefix, NULL));
	return prefix;
}

static void assert_prefix(const struct link_network *network, const char *expected)
{
	g_autofree char *text = ip_prefix_to_string(&network->prefix);

	g_assert_true(network->enabled);
	g_assert_cmpstr(text, ==, expected);
}

static char *read_proc(const char *path)
{
	g_autoptr(GError) error = NULL;
	char *text = NULL;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	return text;
}

/* Makes eth0 with the given prefixes, to be read back or to be in the way. */
static int make_link(struct link_config *config, const char *v4, const char *v6)
{
	g_autoptr(GError) error = NULL;
	struct ip_prefix prefix4 = prefix_of(v4), prefix6 = prefix_of(v6);
	int tap;

	tap = tap_device_open(config->ifname, &error);
	g_assert_no_error(error);
	netconfig_choose_networks(config, &prefix4, &prefix6, true, &error);
	g_assert_no_error(error);

	gint64 start = g_get_monotonic_time();
	netconfig_configure_command(config, false, &error);
	g_test_message("configured in %" G_GINT64_FORMAT " us", g_get_monotonic_time() - start);
	g_assert_no_error(error);
	return tap;
}

static void choose(struct link_config *config)
{
	g_autoptr(GError) error = NULL;
	gint64 start = g_get_monotonic_time();

	netconfig_choose_networks(config, NULL, NULL, true, &error);
	g_test_message("chosen in %" G_GINT64_FORMAT " us", g_get_monotonic_time() - start);
	g_assert_no_error(error);
}

static void test_choose_without_routes(void)
{
	struct link_config config;
	char text[IP_ADDRESS_TEXT_SIZE];

	if (!namespaces_enter())
		return;
	fill_config(&config);
	choose(&config);
	assert_prefix(&config.v4, "10.0.2.0/24");
	assert_prefix(&config.v6, "fd00::/64");
	g_assert_cmpstr(ip_address_text(&config.v4.command, text), ==, "10.0.2.100");
	g_assert_cmpstr(ip_address_text(&config.v6.gateway, text), ==, "fd00::2");

	netconfig_choose_networks(&config, NULL, NULL, false, NULL);
	g_assert_false(config.v6.enabled);
}

/* The default routes of the link in the way must not count, its prefixes must. */
static void test_choose_avoids_routes(void)
{
	struct link_config taken, config;

	if (!namespaces_enter())
		return;
	fill_config(&taken);
	autoclose int tap = make_link(&taken, "10.0.0.0/16", "fd00::/96");
	fill_config(&config);
	choose(&config);
	assert_prefix(&config.v4, "10.13.37.0/24");
	assert_prefix(&config.v6, "fd00:0:0:2::/64");
}

/* All of RFC 1918 behind one VPN: the choice must not fail, and take what is routed most broadly.
 */
static void test_choose_least_covered(void)
{
	struct link_config taken[3], config;
	static const char *const v4[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"};
	int taps[3];

	if (!namespaces_enter())
		return;
	for (int i = 0; i < 3; i++) {
		fill_config(&taken[i]);
		taken[i].ifname[3] = (char)('0' + i);
		taps[i] = tap_device_open(taken[i].ifname, NULL);
		struct ip_prefix prefix = prefix_of(v4[i]);
		g_assert_true(netconfig_choose_networks(&taken[i], &prefix, NULL, false, NULL));
		/* Only the first can have the default route; the addresses are there anyway. */
		g_assert_cmpint(netconfig_configure_command(&taken[i], false, NULL), ==, i == 0);
	}
	fill_config(&config);
	choose(&config);
	assert_prefix(&config.v4, "10.0.2.0/24");
	for (int i = 0; i < 3; i++)
		close(taps[i]);
}

static void test_choose_refuses_narrow(void)
{
	struct link_config config;
	struct ip_prefix narrow = prefix_of("10.9.9.0/26");
	g_autoptr(GError) error = NULL;

	fill_config(&config);
	g_assert_false(netconfig_choose_networks(&config, &narrow, NULL, false, &error));
	g_assert_nonnull(strstr(error->message, "10.9.9.0/26"));
}

static void assert_addresses_ready(void)
{
	g_autofree char *text = read_proc("/proc/net/if_inet6");
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	unsigned found = 0;

	for (char **line = lines; **line; line++) {
		char address[33], name[17];
		unsigned ifindex, length, scope, flags;
		g_assert_cmpint(sscanf(*line, "%32s %x %x %x %x %16s", address, &ifindex, &length,
				       &scope, &flags, name),
				==, 6);
		if (g_str_equal(address, "fd000000000000000000000000000100")) {
			g_assert_cmpuint(length, ==, 64);
			g_assert_cmphex(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED), ==, 0);
			found |= 1;
		} else if (g_str_has_prefix(address, "fe80")) {
			found |= 2;
		}
	}
	g_assert_cmphex(found, ==, 3);
}

static void assert_v4_address(void)
{
	struct ifaddrs *addresses;
	bool found = false;
	char text[INET_ADDRSTRLEN];

	g_assert_cmpint(getifaddrs(&addresses), ==, 0);
	for (struct ifaddrs *a = addresses; a; a = a->ifa_next) {
		if (!g_str_equal(a->ifa_name, "eth0") || a->ifa_addr->sa_family != AF_INET)
			continue;
		found = true;
		inet_ntop(AF_INET, &((struct sockaddr_in *)a->ifa_addr)->sin_addr, text,
			  sizeof(text));
		g_assert_cmpstr(text, ==, "10.0.2.100");
		inet_ntop(AF_INET, &((struct sockaddr_in *)a->ifa_netmask)->sin_addr, text,
			  sizeof(text));
		g_assert_cmpstr(text, ==, "255.255.255.0");
		inet_ntop(AF_INET, &((struct sockaddr_in *)a->ifa_broadaddr)->sin_addr, text,
			  sizeof(text));
		g_assert_cmpstr(text, ==, "10.0.2.255");
	}
	freeifaddrs(addresses);
	g_assert_true(found);
}

static void assert_device(const struct link_config *config)
{
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {0};

	g_strlcpy(request.ifr_name, config->ifname, sizeof(request.ifr_name));
	g_assert_cmpint(ioctl(fd, SIOCGIFHWADDR, &request), ==, 0);
	g_assert_cmpmem(request.ifr_hwaddr.sa_data, ETH_ALEN, config->mac.bytes, ETH_ALEN);
	g_assert_cmpint(ioctl(fd, SIOCGIFMTU, &request), ==, 0);
	g_assert_cmpint(request.ifr_mtu, ==, (int)config->mtu);
	g_strlcpy(request.ifr_name, "lo", sizeof(request.ifr_name));
	g_assert_cmpint(ioctl(fd, SIOCGIFFLAGS, &request), ==, 0);
	g_assert_true(request.ifr_flags & IFF_UP);
}

static void test_configure(void)
{
	struct link_config config;

	if (!namespaces_enter())
		return;
	fill_config(&config);
	config.mtu = 9000;
	autoclose int tap = make_link(&config, "10.0.2.0/24", "fd00::/64");

	assert_device(&config);
	assert_v4_address();
	assert_addresses_ready();
	g_autofree char *routes4 = read_proc("/proc/net/route");
	g_assert_nonnull(strstr(routes4, "eth0\t00000000\t0202000A\t0003"));
	g_autofree char *routes6 = read_proc("/proc/net/ipv6_route");
	g_assert_nonnull(strstr(routes6, "00000000000000000000000000000000 00 "
					 "00000000000000000000000000000000 00 "
					 "fd000000000000000000000000000002 "));
	g_autofree char *accept_ra = read_proc("/proc/sys/net/ipv6/conf/eth0/accept_ra");
	g_assert_cmpstr(accept_ra, ==, "0\n");
}

/* The neighbour query for the gateway is on the TAP as soon as sendto() returns. */
static void assert_query_of_first_packet(int tap, int family, const char *destination)
{
	struct ip_address address;
	struct sockaddr_storage sockaddr;
	uint16_t wanted = family == AF_INET ? ETHERTYPE_ARP : ETHERTYPE_IPV6;
	autoclose int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint8_t frame[2048];

	g_assert_true(ip_address_parse(destination, &address, NULL));
	socklen_t length = ip_address_to_sockaddr(&address, 9, &sockaddr);
	g_assert_cmpint(sendto(fd, "x", 1, 0, (struct sockaddr *)&sockaddr, length), ==, 1);
	for (;;) {
		ssize_t size = read(tap, frame, sizeof(frame));
		g_assert_cmpint(size, >, 0);
		if ((frame[12] << 8 | frame[13]) != wanted)
			continue;
		/* Of IPv6 noise there is also MLD; a neighbour solicitation is ICMPv6 type 135. */
		if (family == AF_INET || (frame[20] == IPPROTO_ICMPV6 && frame[54] == 135))
			return;
	}
}

static void test_first_packet(void)
{
	struct link_config config;

	if (!namespaces_enter())
		return;
	fill_config(&config);
	autoclose int tap = make_link(&config, "10.0.2.0/24", "fd00::/64");
	assert_query_of_first_packet(tap, AF_INET, "192.0.2.1");
	assert_query_of_first_packet(tap, AF_INET6, "2001:db8::1");
}

static void test_without_v6(void)
{
	struct link_config config;
	g_autoptr(GError) error = NULL;

	if (!namespaces_enter())
		return;
	fill_config(&config);
	config.mtu = 576;
	autoclose int tap = tap_device_open("eth0", &error);
	g_assert_no_error(error);
	netconfig_choose_networks(&config, NULL, NULL, false, &error);
	g_assert_no_error(error);
	netconfig_configure_command(&config, false, &error);
	g_assert_no_error(error);

	g_autofree char *text = read_proc("/proc/net/if_inet6");
	g_assert_null(strstr(text, "eth0"));
}

static void test_v6_needs_its_mtu(void)
{
	struct link_config config;
	g_autoptr(GError) error = NULL;

	if (!namespaces_enter())
		return;
	fill_config(&config);
	config.mtu = 1279;
	autoclose int tap = tap_device_open("eth0", NULL);
	choose(&config);
	g_assert_false(netconfig_configure_command(&config, false, &error));
	g_assert_error(error, FAILURE, EINVAL);
}

static void test_missing_device(void)
{
	struct link_config config;
	g_autoptr(GError) error = NULL;

	if (!namespaces_enter())
		return;
	fill_config(&config);
	choose(&config);
	g_assert_false(netconfig_configure_command(&config, false, &error));
	g_assert_error(error, FAILURE, ENODEV);
	g_assert_nonnull(strstr(error->message, "eth0"));
}

static void test_tap_name_taken(void)
{
	g_autoptr(GError) error = NULL;

	if (!namespaces_enter())
		return;
	g_assert_true(tap_device_check(&error));
	autoclose int first = tap_device_open("eth0", &error);
	g_assert_no_error(error);
	autoclose int second = tap_device_open("eth0", &error);
	g_assert_error(error, FAILURE, EBUSY);
	g_assert_nonnull(strstr(error->message, "eth0"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/netconfig/choose/without-routes", test_choose_without_routes);
	g_test_add_func("/netconfig/choose/avoids-routes", test_choose_avoids_routes);
	g_test_add_func("/netconfig/choose/least-covered", test_choose_least_covered);
	g_test_add_func("/netconfig/choose/refuses-narrow", test_choose_refuses_narrow);
	g_test_add_func("/netconfig/configure/all", test_configure);
	g_test_add_func("/netconfig/configure/first-packet", test_first_packet);
	g_test_add_func("/netconfig/configure/without-v6", test_without_v6);
	g_test_add_func("/netconfig/configure/v6-needs-its-mtu", test_v6_needs_its_mtu);
	g_test_add_func("/netconfig/configure/missing-device", test_missing_device);
	g_test_add_func("/tap-device/name-taken", test_tap_name_taken);
	return g_test_run();
}
