/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_network - the texts of resolv.conf and hosts */
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "launcher/network.h"
#include "launcher/options.h"

static void fill_link(struct link_config *link, bool with_v6)
{
	struct ip_prefix prefix;

	*link = (struct link_config){.kind = LINK_TAP, .mtu = 1500};
	g_assert_true(ip_prefix_parse("10.0.2.0/24", &prefix, NULL));
	link_network_init(&link->v4, &prefix);
	g_assert_true(ip_prefix_parse("fd00::/64", &prefix, NULL));
	if (with_v6)
		link_network_init(&link->v6, &prefix);
}

/* The path of a new file; text NULL: there is none. */
static char *make_file(const char *text)
{
	char *path = NULL;
	int fd = g_file_open_tmp("test_network-XXXXXX", &path, NULL);

	g_assert_cmpint(fd, >=, 0);
	close(fd);
	g_unlink(path);
	if (text)
		g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static char *resolv_conf(const char *host_text, const char *server)
{
	struct link_config link;
	g_autofree char *path = make_file(host_text);
	g_autoptr(GPtrArray) dns = g_ptr_array_new();

	fill_link(&link, true);
	if (server) {
		g_ptr_array_add(dns, (char *)server);
		g_ptr_array_add(dns, (char *)"2001:db8::53");
	}
	char *text = network_resolv_conf(&link, dns, path);
	g_unlink(path);
	return text;
}

static void test_resolv_conf(void)
{
	g_autofree char *without_host = resolv_conf(NULL, NULL);
	g_autofree char *with_servers = resolv_conf(NULL, "192.0.2.53");

	g_assert_cmpstr(without_host, ==, "nameserver 10.0.2.3\n");
	g_assert_cmpstr(with_servers, ==, "nameserver 192.0.2.53\nnameserver 2001:db8::53\n");
}

/* The host's servers may be on its loopback: only search, domain and options are taken over. */
static void test_resolv_conf_of_host(void)
{
	g_autofree char *text = resolv_conf("# comment\n"
					    "nameserver 127.0.0.53\n"
					    "search example.org example.com\n"
					    "domain\texample.net\n"
					    "options edns0 trust-ad\n"
					    "sortlist 192.0.2.0\n"
					    "searching\n"
					    "options",
					    NULL);

	g_assert_cmpstr(text, ==,
			"nameserver 10.0.2.3\n"
			"search example.org example.com\n"
			"domain\texample.net\n"
			"options edns0 trust-ad\n");
}

static char *hosts(const char *host_text, bool with_v6)
{
	struct link_config link;
	g_autofree char *path = make_file(host_text);

	fill_link(&link, with_v6);
	char *text = network_hosts(&link, "web", path);
	g_unlink(path);
	return text;
}

static void test_hosts(void)
{
	g_autofree char *both = hosts(NULL, true);
	g_autofree char *v4_only = hosts(NULL, false);

	g_assert_cmpstr(both, ==,
			"127.0.0.1\tlocalhost\n"
			"::1\tlocalhost ip6-localhost ip6-loopback\n"
			"10.0.2.100\tweb\n"
			"fd00::100\tweb\n"
			"10.0.2.2\thost.internal\n"
			"fd00::2\thost.internal\n");
	g_assert_nonnull(strstr(v4_only, "10.0.2.100\tweb\n10.0.2.2\thost.internal\n"));
	g_assert_null(strstr(v4_only, "fd00"));
}

static void test_hosts_of_host(void)
{
	g_autofree char *own = hosts(NULL, true);
	g_autofree char *text = hosts("127.0.0.1 localhost\n"
				      "127.0.1.1\tlaptop\n"
				      "::1 ip6-loopback\n"
				      "0.0.0.0 blocked.example\n"
				      "# 192.0.2.9 comment\n"
				      "\n"
				      "garbage\n"
				      "192.0.2.7\tdb.example # ours\n"
				      "2001:db8::7 db6.example",
				      true);

	g_assert_true(g_str_has_prefix(text, own));
	g_assert_cmpstr(text + strlen(own), ==,
			"192.0.2.7\tdb.example # ours\n2001:db8::7 db6.example\n");
}

static void fill_options(struct options *options)
{
	g_autoptr(GError) error = NULL;
	char *argv[] = {(char *)"netns-run", (char *)"--cidr=10.55.0.0/16",
			(char *)"--cidr6=fd55::/64", (char *)"/", NULL};

	g_assert_true(options_parse(options, 4, argv, &error));
	g_assert_no_error(error);
}

static void test_plan(void)
{
	struct options options;
	struct link_config link;
	g_autoptr(GError) error = NULL;

	fill_options(&options);
	g_assert_true(network_plan(&options.network, &link, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(link.ifname, ==, "eth0");
	g_assert_cmpuint(link.mtu, ==, 0);
	link_config_settle(&link, LINK_GATEWAY);
	g_assert_cmpuint(link.mtu, ==, 1500);
	g_assert_true(link.v4.enabled);
	char text[IP_ADDRESS_TEXT_SIZE];
	g_assert_cmpstr(ip_address_text(&link.v4.command, text), ==, "10.55.0.100");
	g_assert_cmpint(link.mac.bytes[0] & 3, ==, 2); /* locally administered, unicast */
	options_done(&options);
}

static void test_plan_keeps_choices(void)
{
	struct options options;
	struct link_config link;

	fill_options(&options);
	g_assert_true(mac_address_parse("02:11:22:33:44:55", &options.network.mac, NULL));
	options.network.has_mac = true;
	options.network.mtu = 9000;
	options.network.no_ipv6 = true;
	g_assert_true(network_plan(&options.network, &link, NULL));
	g_autofree char *mac = mac_address_to_string(&link.mac);
	g_assert_cmpstr(mac, ==, "02:11:22:33:44:55");
	g_assert_cmpuint(link.mtu, ==, 9000);
	g_assert_false(link.v6.enabled);
	options_done(&options);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/network/resolv-conf", test_resolv_conf);
	g_test_add_func("/network/resolv-conf-of-host", test_resolv_conf_of_host);
	g_test_add_func("/network/hosts", test_hosts);
	g_test_add_func("/network/hosts-of-host", test_hosts_of_host);
	g_test_add_func("/network/plan", test_plan);
	g_test_add_func("/network/plan-keeps-choices", test_plan_keeps_choices);
	return g_test_run();
}
