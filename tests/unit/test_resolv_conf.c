/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_resolv_conf - name servers out of the text of a resolv.conf */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include <glib.h>

#include "forwarder/resolv_conf.h"
#include "src/address.h"

struct fixture {
	struct resolv_conf *conf;
};

static void set_up(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->conf = resolv_conf_new();
}

static void tear_down(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	resolv_conf_free(fixture->conf);
}

static void set(struct fixture *fixture, const char *text)
{
	resolv_conf_set(fixture->conf, text);
}

static void assert_nameserver(struct fixture *fixture, int family, const char *expected)
{
	struct sockaddr_storage sockaddr;
	struct ip_address address;
	char text[IP_ADDRESS_TEXT_SIZE];
	uint16_t port;

	g_assert_true(resolv_conf_nameserver(fixture->conf, family, &sockaddr));
	g_assert_true(ip_address_from_sockaddr((struct sockaddr *)&sockaddr, &address, &port));
	g_assert_cmpstr(ip_address_text(&address, text), ==, expected);
	g_assert_cmpint(port, ==, 0);
}

static void assert_none(struct fixture *fixture)
{
	struct sockaddr_storage sockaddr;

	g_assert_false(resolv_conf_nameserver(fixture->conf, AF_INET, &sockaddr));
	g_assert_false(resolv_conf_nameserver(fixture->conf, AF_INET6, &sockaddr));
}

static void test_first_of_family(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	set(fixture, "# nameserver 192.0.2.9\n; comment\nsearch example.org\n"
		     "nameserver 2001:db8::1\n"
		     "nameserver\t192.0.2.1 # the first\r\n"
		     "nameserver 192.0.2.2\nnameserver 2001:db8::2");
	assert_nameserver(fixture, AF_INET, "192.0.2.1");
	assert_nameserver(fixture, AF_INET6, "2001:db8::1");
}

static void test_other_family(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	set(fixture, "nameserver 2001:db8::1\n");
	assert_nameserver(fixture, AF_INET, "2001:db8::1");
	set(fixture, "nameserver 192.0.2.77\n");
	assert_nameserver(fixture, AF_INET6, "192.0.2.77");
}

static void test_nonsense(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	set(fixture, "nameserver\nnameserver \nnameservers 192.0.2.1\n"
		     "nameserver example.org\nname server 192.0.2.1\n");
	assert_none(fixture);
}

static void test_nothing_set(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	assert_none(fixture);
}

static void test_change(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	set(fixture, "nameserver 192.0.2.1\nnameserver 2001:db8::1\n");
	assert_nameserver(fixture, AF_INET, "192.0.2.1");
	set(fixture, "nameserver 192.0.2.2\n");
	assert_nameserver(fixture, AF_INET, "192.0.2.2");
	assert_nameserver(fixture, AF_INET6, "192.0.2.2");
	set(fixture, "");
	assert_none(fixture);
}

static void test_scope(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	struct sockaddr_storage sockaddr;
	struct sockaddr_in6 in6;

	set(fixture, "nameserver fe80::1%lo\n");
	g_assert_true(resolv_conf_nameserver(fixture->conf, AF_INET6, &sockaddr));
	memcpy(&in6, &sockaddr, sizeof(in6));
	g_assert_cmpuint(in6.sin6_scope_id, ==, if_nametoindex("lo"));
}

static void add(const char *path, void (*test)(struct fixture *, gconstpointer))
{
	g_test_add(path, struct fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/resolv_conf/first-of-family", test_first_of_family);
	add("/resolv_conf/other-family", test_other_family);
	add("/resolv_conf/nonsense", test_nonsense);
	add("/resolv_conf/nothing-set", test_nothing_set);
	add("/resolv_conf/change", test_change);
	add("/resolv_conf/scope", test_scope);
	return g_test_run();
}
