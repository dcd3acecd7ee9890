/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_resolv_conf - name servers out of the text of a resolv.conf */
#include <net/if.h>
#include <netinet/in.h>

#include <glib.h>

#include "forwarder/resolv_conf.h"
#include "src/dns_config.h"

/* The servers that a text names, with spaces. */
static void assert_servers(const char *text, const char *wanted)
{
	g_autoptr(GArray) servers = resolv_conf_servers(text);
	g_autoptr(GString) found = g_string_new(NULL);

	for (guint i = 0; i < servers->len; i++) {
		g_autofree char *server =
			dns_server_to_string(&g_array_index(servers, struct sockaddr_storage, i));
		g_string_append_printf(found, "%s%s", i ? " " : "", server);
	}
	g_assert_cmpstr(found->str, ==, wanted);
}

static void test_order(void)
{
	assert_servers("# nameserver 192.0.2.9\n; comment\nsearch example.org\n"
		       "nameserver 2001:db8::1\n"
		       "nameserver\t192.0.2.1 # the first\r\n"
		       "nameserver 192.0.2.2\nnameserver 127.0.0.53",
		       "2001:db8::1 192.0.2.1 192.0.2.2 127.0.0.53");
}

static void test_nonsense(void)
{
	assert_servers("nameserver\nnameserver \nnameservers 192.0.2.1\n"
		       "nameserver example.org\nname server 192.0.2.1\nnameserver 127.1\n",
		       "127.0.0.1");
	assert_servers("", "127.0.0.1");
	assert_servers("search example.org\n", "127.0.0.1");
}

static void test_port(void)
{
	g_autoptr(GArray) servers = resolv_conf_servers("nameserver 192.0.2.1\n");

	g_assert_cmpuint(servers->len, ==, 1);
	g_assert_cmpuint(ntohs(((const struct sockaddr_in *)(void *)servers->data)->sin_port), ==,
			 53);
}

static void test_scope(void)
{
	g_autoptr(GArray) servers = resolv_conf_servers("nameserver fe80::1%lo\n");

	g_assert_cmpuint(servers->len, ==, 1);
	g_assert_cmpuint(((const struct sockaddr_in6 *)(void *)servers->data)->sin6_scope_id, ==,
			 if_nametoindex("lo"));
	assert_servers("nameserver fe80::1%lo\n", "fe80::1%lo");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/resolv_conf/order", test_order);
	g_test_add_func("/resolv_conf/nonsense", test_nonsense);
	g_test_add_func("/resolv_conf/port", test_port);
	g_test_add_func("/resolv_conf/scope", test_scope);
	return g_test_run();
}
