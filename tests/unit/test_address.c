/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_address - IP addresses, prefixes and MAC addresses */
#include <arpa/inet.h>
#include <sys/socket.h>

#include <string.h>

#include <glib.h>

#include "src/address.h"
#include "src/failure.h"

static struct ip_address address_of(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, &error));
	g_assert_no_error(error);
	return address;
}

static struct ip_prefix prefix_of(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct ip_prefix prefix;

	g_assert_true(ip_prefix_parse(text, &prefix, &error));
	g_assert_no_error(error);
	return prefix;
}

static void assert_text(const struct ip_address *address, const char *expected)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	g_assert_cmpstr(ip_address_text(address, text), ==, expected);
}

static void test_parse(void)
{
	static const char *const good[][2] = {
		{"0.0.0.0", "0.0.0.0"},
		{"255.255.255.255", "255.255.255.255"},
		{"::", "::"},
		{"2001:DB8:0:0::1", "2001:db8::1"},
		{"::ffff:10.0.2.2", "::ffff:10.0.2.2"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		struct ip_address address = address_of(good[i][0]);
		assert_text(&address, good[i][1]);
	}
	struct ip_address unset = {.family = AF_UNSPEC};
	assert_text(&unset, "");
}

static void test_parse_refuses(void)
{
	static const char *const bad[] = {
		"",	     "10.0.2", "10.0.2.256", "010.0.2.1", " 10.0.2.1",
		"10.0.2.1 ", "[::1]",  "fe80::1%lo", "1::2::3",	  ":",
		"localhost", "0x7f.1", "10.0.2.1/8",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		struct ip_address address = {.family = 77};
		g_assert_false(ip_address_parse(bad[i], &address, &error));
		g_assert_true(error && error->domain == FAILURE);
		g_assert_nonnull(failure_cure(error));
		g_assert_cmpint(address.family, ==, 77);
	}
}

static void test_equal(void)
{
	struct ip_address a = address_of("10.0.2.1");
	struct ip_address b = address_of("10.0.2.1");
	struct ip_address any6 = address_of("::"), any4 = address_of("0.0.0.0");
	struct ip_address unset = {0};

	/* What stands behind an IPv4 address in the union means nothing. */
	b.bytes[15] = 1;
	g_assert_true(ip_address_equal(&a, &b));
	g_assert_false(ip_address_equal(&a, &any4));
	g_assert_false(ip_address_equal(&any4, &any6));
	g_assert_false(ip_address_equal(&any4, &unset));
	g_assert_true(ip_address_equal(&unset, &unset));
	g_assert_true(ip_address_is_any(&any4));
	g_assert_true(ip_address_is_any(&any6));
	g_assert_false(ip_address_is_any(&a));
	g_assert_false(ip_address_is_any(&unset));
	g_assert_cmpuint(ip_address_bits(&any4), ==, 32);
	g_assert_cmpuint(ip_address_bits(&any6), ==, 128);
}

static void test_host_loopback(void)
{
	static const char *const loopback[] = {
		"127.0.0.1", "127.255.255.254", "0.0.0.0",   "0.1.2.3",		 "::1",
		"::",	     "::127.0.0.1",	"::0.0.0.9", "::ffff:127.1.2.3", "::ffff:0.0.0.0",
	};
	static const char *const elsewhere[] = {
		"10.0.2.2",	 "128.0.0.1", "126.255.255.255", "1.0.0.0",   "::ffff:10.0.0.1",
		"::192.168.1.1", "fe80::1",   "2001:db8::1",	 "::1:0:0:1", "1::7f00:1",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(loopback); i++) {
		struct ip_address address = address_of(loopback[i]);
		if (!ip_address_is_host_loopback(&address))
			g_error("%s is the host's loopback", loopback[i]);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(elsewhere); i++) {
		struct ip_address address = address_of(elsewhere[i]);
		if (ip_address_is_host_loopback(&address))
			g_error("%s is not the host's loopback", elsewhere[i]);
	}
	struct ip_address unset = {0};
	g_assert_false(ip_address_is_host_loopback(&unset));
}

static void check_sockaddr(const char *text, const char *expected, socklen_t size)
{
	struct ip_address address = address_of(text), back;
	struct sockaddr_storage storage;
	uint16_t port;

	g_assert_cmpuint(ip_address_to_sockaddr(&address, 8080, &storage), ==, size);
	g_assert_true(ip_address_from_sockaddr((struct sockaddr *)&storage, &back, &port));
	g_assert_cmpuint(port, ==, 8080);
	assert_text(&back, expected);
}

static void test_sockaddr(void)
{
	struct ip_address unset = {0}, untouched = {.family = 77};
	struct sockaddr_storage storage;
	uint16_t port = 9;

	check_sockaddr("192.0.2.1", "192.0.2.1", sizeof(struct sockaddr_in));
	check_sockaddr("2001:db8::1", "2001:db8::1", sizeof(struct sockaddr_in6));
	check_sockaddr("::ffff:192.0.2.1", "192.0.2.1", sizeof(struct sockaddr_in6));
	check_sockaddr("::1", "::1", sizeof(struct sockaddr_in6));

	g_assert_cmpuint(ip_address_to_sockaddr(&unset, 1, &storage), ==, 0);
	storage.ss_family = AF_UNIX;
	g_assert_false(ip_address_from_sockaddr((struct sockaddr *)&storage, &untouched, &port));
	g_assert_cmpint(untouched.family, ==, 77);
	g_assert_cmpuint(port, ==, 9);
}

static void test_sockaddr_byte_order(void)
{
	struct ip_address address = address_of("192.0.2.1");
	struct sockaddr_storage storage;

	ip_address_to_sockaddr(&address, 0x1234, &storage);
	struct sockaddr_in *in = (struct sockaddr_in *)&storage;
	g_assert_cmphex(in->sin_port, ==, htons(0x1234));
	g_assert_cmphex(in->sin_addr.s_addr, ==, htonl(0xc0000201));
}

static void test_prefix(void)
{
	static const char *const good[] = {
		"0.0.0.0/0", "10.0.2.0/24", "10.0.2.128/25", "10.0.2.1/32",
		"::/0",	     "fd00::/64",   "fe80::/10",     "2001:db8::1/128",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		struct ip_prefix prefix = prefix_of(good[i]);
		g_autofree char *text = ip_prefix_to_string(&prefix);
		g_assert_cmpstr(text, ==, good[i]);
	}
}

static void test_prefix_refuses(void)
{
	static const char *const bad[] = {
		"10.0.2.0",    "10.0.2.0/",   "10.0.2.0/33", "10.0.2.0/-1", "10.0.2.0/024",
		"10.0.2.0/+4", "10.0.2.0/ 4", "10.0.2/24",   "fd00::/129",  "10.0.2.0/24x",
		"/24",	       "10.0.2.1/24", "fd00::1/64",  "0.0.0.1/0",   "10.0.2.0/24/8",
	};
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		struct ip_prefix prefix;
		if (ip_prefix_parse(bad[i], &prefix, &error))
			g_error("'%s' was taken for a network", bad[i]);
		g_assert_nonnull(failure_cure(error));
	}

	g_autoptr(GError) error = NULL;
	struct ip_prefix prefix;
	g_assert_false(ip_prefix_parse("10.0.2.77/20", &prefix, &error));
	g_assert_cmpstr(failure_cure(error), ==, "the network is 10.0.0.0/20");
}

static bool contains(const char *prefix_text, const char *address_text)
{
	struct ip_prefix prefix = prefix_of(prefix_text);
	struct ip_address address = address_of(address_text);

	return ip_prefix_contains(&prefix, &address);
}

static void test_prefix_contains(void)
{
	g_assert_true(contains("10.0.2.0/24", "10.0.2.255"));
	g_assert_false(contains("10.0.2.0/24", "10.0.3.0"));
	g_assert_true(contains("10.0.2.128/25", "10.0.2.129"));
	g_assert_false(contains("10.0.2.128/25", "10.0.2.127"));
	g_assert_true(contains("0.0.0.0/0", "255.1.2.3"));
	g_assert_false(contains("0.0.0.0/0", "::"));
	g_assert_true(contains("fe80::/10", "febf::1"));
	g_assert_false(contains("fe80::/10", "fec0::1"));
	g_assert_true(contains("::1/128", "::1"));
	g_assert_false(contains("::1/128", "::2"));
}

static bool overlap(const char *a_text, const char *b_text)
{
	struct ip_prefix a = prefix_of(a_text), b = prefix_of(b_text);

	g_assert_cmpint(ip_prefix_overlaps(&a, &b), ==, ip_prefix_overlaps(&b, &a));
	return ip_prefix_overlaps(&a, &b);
}

static void test_prefix_overlaps(void)
{
	g_assert_true(overlap("10.0.0.0/8", "10.0.2.0/24"));
	g_assert_true(overlap("10.0.2.0/24", "10.0.2.0/24"));
	g_assert_false(overlap("10.0.2.0/24", "10.0.3.0/24"));
	g_assert_true(overlap("0.0.0.0/0", "192.0.2.1/32"));
	g_assert_false(overlap("0.0.0.0/0", "fd00::/64"));
	g_assert_true(overlap("::/0", "fd00::/64"));
}

static void test_prefix_host(void)
{
	struct ip_prefix v4 = prefix_of("10.0.2.0/24"), v6 = prefix_of("fd00::/64");
	struct ip_address host = ip_prefix_host(&v4, 2);

	assert_text(&host, "10.0.2.2");
	host = ip_prefix_host(&v4, 0);
	assert_text(&host, "10.0.2.0");
	host = ip_prefix_host(&v6, 0x100);
	assert_text(&host, "fd00::100");
	host = ip_prefix_host(&v6, UINT32_MAX);
	assert_text(&host, "fd00::ffff:ffff");
}

static void test_netmask(void)
{
	static const struct {
		const char *prefix;
		uint32_t mask;
	} cases[] = {
		{"0.0.0.0/0", 0},
		{"128.0.0.0/1", 0x80000000},
		{"10.0.2.0/24", 0xffffff00},
		{"10.0.2.1/32", 0xffffffff},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct ip_prefix prefix = prefix_of(cases[i].prefix);
		g_assert_cmphex(ip_prefix_netmask(&prefix).s_addr, ==, htonl(cases[i].mask));
	}
}

static void test_mac(void)
{
	static const char *const bad[] = {
		"",
		"02:00:00:00:00",
		"02:00:00:00:00:01:02",
		"02-00-00-00-00-01",
		"2:0:0:0:0:1",
		"02:00:00:00:00:0g",
		"02:00:00:00:00:01 ",
		"01:00:5e:00:00:01",
		"ff:ff:ff:ff:ff:ff",
		"00:00:00:00:00:00",
		"+2:00:00:00:00:01",
	};
	g_autoptr(GError) error = NULL;
	struct mac_address mac;

	g_assert_true(mac_address_parse("02:aB:00:99:Ff:01", &mac, &error));
	g_assert_no_error(error);
	g_autofree char *text = mac_address_to_string(&mac);
	g_assert_cmpstr(text, ==, "02:ab:00:99:ff:01");
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_clear_error(&error);
		if (mac_address_parse(bad[i], &mac, &error))
			g_error("'%s' was taken for a MAC address", bad[i]);
		g_assert_nonnull(failure_cure(error));
	}
}

static void test_random_mac(void)
{
	struct mac_address a, b;

	g_assert_true(mac_address_random(&a, NULL) && mac_address_random(&b, NULL));
	g_assert_cmpuint(a.bytes[0] & 3, ==, 2);
	g_assert_cmpint(memcmp(&a, &b, sizeof(a)), !=, 0);
	g_assert_false(mac_address_is_zero(&a));
	g_assert_true(mac_address_is_zero(&(struct mac_address){{0}}));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/parse", test_parse);
	g_test_add_func("/address/parse-refuses", test_parse_refuses);
	g_test_add_func("/address/equal", test_equal);
	g_test_add_func("/address/host-loopback", test_host_loopback);
	g_test_add_func("/address/sockaddr", test_sockaddr);
	g_test_add_func("/address/sockaddr-byte-order", test_sockaddr_byte_order);
	g_test_add_func("/address/prefix", test_prefix);
	g_test_add_func("/address/prefix-refuses", test_prefix_refuses);
	g_test_add_func("/address/prefix-contains", test_prefix_contains);
	g_test_add_func("/address/prefix-overlaps", test_prefix_overlaps);
	g_test_add_func("/address/prefix-host", test_prefix_host);
	g_test_add_func("/address/netmask", test_netmask);
	g_test_add_func("/address/mac", test_mac);
	g_test_add_func("/address/random-mac", test_random_mac);
	return g_test_run();
}
