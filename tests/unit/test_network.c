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

/* The texts that an option each is given, as the command line has them. */
static struct dns_options parse(const char *arguments)
{
	g_auto(GStrv) words = NULL;
	struct dns_options dns;
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autofree char *line = g_strconcat("test ", arguments, NULL);

	dns_options_init(&dns);
	g_option_context_add_group(context, dns_options_group(&dns));
	g_assert_true(g_shell_parse_argv(line, NULL, &words, NULL));
	g_assert_true(g_option_context_parse_strv(context, &words, NULL));
	return dns;
}

static char *resolv_conf(const char *host_text, const char *arguments)
{
	struct link_config link;
	struct dns_options dns = parse(arguments);
	g_autofree char *path = make_file(host_text);

	fill_link(&link, true);
	char *text = network_resolv_conf(&link, &dns, path);
	g_unlink(path);
	dns_options_done(&dns);
	return text;
}

static void test_resolv_conf(void)
{
	static const char host[] = "search example.org\noptions edns0\n";
	g_autofree char *without_host = resolv_conf(NULL, "");
	g_autofree char *with_servers = resolv_conf(NULL, "--dns 192.0.2.53 --dns ::1#5353");
	g_autofree char *with_search =
		resolv_conf(host, "--dns-search a.test --dns-search B.test.");
	g_autofree char *with_options =
		resolv_conf(host, "--dns-search . --dns-option ndots:2 --dns-option rotate");

	g_assert_cmpstr(without_host, ==, "nameserver 10.0.2.3\n");
	/* Those are for the link's resolver to ask. */
	g_assert_cmpstr(with_servers, ==, "nameserver 10.0.2.3\n");
	g_assert_cmpstr(with_search, ==,
			"nameserver 10.0.2.3\nsearch a.test b.test\noptions edns0\n");
	g_assert_cmpstr(with_options, ==,
			"nameserver 10.0.2.3\nsearch .\noptions ndots:2 rotate\n");
}

static char *foreign_resolv_conf(enum network_mode mode, const char *arguments)
{
	struct network_options options;
	g_autofree char *path =
		make_file("nameserver 127.0.0.53\nsearch example.org\nsortlist x\n");

	network_options_init(&options);
	dns_options_done(&options.dns);
	options.dns = parse(arguments);
	options.mode = mode;
	char *text = network_foreign_resolv_conf(&options, path);
	g_unlink(path);
	network_options_done(&options);
	return text;
}

static void test_resolv_conf_without_link(void)
{
	g_autofree char *host = foreign_resolv_conf(NETWORK_HOST, "");
	g_autofree char *servers = foreign_resolv_conf(NETWORK_HOST, "--dns 192.0.2.53");
	g_autofree char *search = foreign_resolv_conf(NETWORK_HOST, "--dns-search a.test");
	g_autofree char *none = foreign_resolv_conf(NETWORK_NONE, "--dns-search a.test");

	g_assert_cmpstr(host, ==, "nameserver 127.0.0.53\nsearch example.org\nsortlist x\n");
	g_assert_cmpstr(servers, ==, "nameserver 192.0.2.53\nsearch example.org\n");
	g_assert_cmpstr(search, ==, "nameserver 127.0.0.53\nsearch a.test\n");
	g_assert_cmpstr(none, ==, "search a.test\n");
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
					    "");

	g_assert_cmpstr(text, ==,
			"nameserver 10.0.2.3\n"
			"search example.org example.com\n"
			"domain\texample.net\n"
			"options edns0 trust-ad\n");
}

static char *hosts_with(const char *host_text, bool with_v6, const char *arguments)
{
	struct link_config link;
	struct dns_options dns = parse(arguments);
	g_autofree char *path = make_file(host_text);

	fill_link(&link, with_v6);
	char *text = network_hosts(&link, &dns, "web", path);
	g_unlink(path);
	dns_options_done(&dns);
	return text;
}

static char *hosts(const char *host_text, bool with_v6)
{
	return hosts_with(host_text, with_v6, "");
}

static void test_hosts_added(void)
{
	g_autofree char *text = hosts_with(
		NULL, true,
		"--add-host db:192.0.2.7 --add-host DB:2001:db8::7 --add-host up:host-gateway");
	struct dns_options dns = parse("--add-host db:192.0.2.7");
	g_autofree char *path = make_file("127.0.0.1\tlocalhost me\n");
	g_autofree char *of_host = network_host_hosts(&dns, path);

	g_assert_true(g_str_has_prefix(text, "192.0.2.7\tdb\n2001:db8::7\tdb\n10.0.2.2\tup\n"
					     "fd00::2\tup\n127.0.0.1\tlocalhost\n"));
	g_assert_cmpstr(of_host, ==, "192.0.2.7\tdb\n127.0.0.1\tlocalhost me\n");
	g_autofree char *overridden = hosts_with(
		"192.0.2.1 db old # comment\n192.0.2.2\tDB\n192.0.2.3 other # db\n", true,
		"--add-host db:192.0.2.7 --add-host Host.Internal:192.0.2.8 --add-host "
		"web:192.0.2.9");
	g_assert_cmpstr(overridden, ==,
			"192.0.2.7\tdb\n192.0.2.8\thost.internal\n192.0.2.9\tweb\n"
			"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
			"192.0.2.1\told\n192.0.2.3 other # db\n");
	g_unlink(path);
	dns_options_done(&dns);
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
	g_test_add_func("/network/resolv-conf-without-link", test_resolv_conf_without_link);
	g_test_add_func("/network/hosts-added", test_hosts_added);
	g_test_add_func("/network/hosts", test_hosts);
	g_test_add_func("/network/hosts-of-host", test_hosts_of_host);
	g_test_add_func("/network/plan", test_plan);
	g_test_add_func("/network/plan-keeps-choices", test_plan_keeps_choices);
	return g_test_run();
}
