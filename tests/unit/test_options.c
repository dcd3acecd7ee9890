/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_options - the command line of netns-run: every option, right and wrong */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/options.h"
#include "src/autoclose.h"
#include "src/failure.h"

static bool parse(const char *line, struct options *ret_options, GError **error)
{
	g_autofree char *full = g_strconcat("netns-run ", line, NULL);
	g_auto(GStrv) argv = NULL;
	int argc;

	g_assert_true(g_shell_parse_argv(full, &argc, &argv, NULL));
	return options_parse(ret_options, argc, argv, error);
}

/* options_done() is the caller's. */
static void parse_good(const char *line, struct options *ret_options)
{
	g_autoptr(GError) error = NULL;
	bool parsed = parse(line, ret_options, &error);

	g_assert_no_error(error);
	g_assert_true(parsed);
}

static void test_defaults(void)
{
	struct options options;

	parse_good("/", &options);
	g_assert_null(options.name);
	g_assert_cmpint(options.network.link, ==, LINK_AUTO);
	g_assert_cmpstr(options.network.ifname, ==, "eth0");
	g_assert_cmpint(options.network.cidr.address.family, ==, AF_UNSPEC);
	g_assert_cmpint(options.network.cidr6.address.family, ==, AF_UNSPEC);
	g_assert_false(options.network.no_ipv6 || options.network.has_mac || options.version ||
		       options.network.access.all);
	g_assert_cmpuint(options.network.mtu, ==, 0);
	g_assert_cmpuint(options.network.dns.config.servers->len + options.network.ports->len +
				 options.network.access.ports->len,
			 ==, 0);
	g_assert_cmpint(options.ready_fd, ==, -1);
	g_assert_cmpint(options.info_fd, ==, -1);
	g_assert_null(options.pid_file);
	g_assert_cmpstr(options.rootfs, ==, "/");
	g_assert_cmpstr(options.command[0], ==, "/bin/sh");
	g_assert_null(options.command[1]);
	options_done(&options);
}

static void test_link_options(void)
{
	struct options options;

	parse_good("--name web --link=tap --ifname tap7 --mtu 9000 --mac 02:11:22:33:44:55 "
		   "--cidr 10.9.0.0/16 --cidr6 fd09::/64 / true",
		   &options);
	g_autofree char *mac = mac_address_to_string(&options.network.mac);
	g_autofree char *cidr = ip_prefix_to_string(&options.network.cidr);
	g_autofree char *cidr6 = ip_prefix_to_string(&options.network.cidr6);
	g_assert_cmpstr(options.name, ==, "web");
	g_assert_cmpint(options.network.link, ==, LINK_TAP);
	g_assert_cmpstr(options.network.ifname, ==, "tap7");
	g_assert_cmpuint(options.network.mtu, ==, 9000);
	g_assert_true(options.network.has_mac);
	g_assert_cmpstr(mac, ==, "02:11:22:33:44:55");
	g_assert_cmpstr(cidr, ==, "10.9.0.0/16");
	g_assert_cmpstr(cidr6, ==, "fd09::/64");
	options_done(&options);
}

static void test_repeatable_options(void)
{
	struct options options;

	parse_good("-p 8080:80 --publish 127.0.0.1:53:53/udp --dns 192.0.2.53 --dns 2001:db8::53 "
		   "--host-port 5432 --host-port 53/udp --host-port=80/tcp --host-loopback /",
		   &options);
	const struct port_rule *rules = &g_array_index(options.network.ports, struct port_rule, 0);
	const struct host_port *ports =
		&g_array_index(options.network.access.ports, struct host_port, 0);
	g_assert_cmpuint(options.network.ports->len, ==, 2);
	g_assert_cmpuint(rules[0].host_first, ==, 8080);
	g_assert_cmpint(rules[1].protocol, ==, IPPROTO_UDP);
	const GArray *servers = options.network.dns.config.servers;
	g_assert_cmpuint(servers->len, ==, 2);
	g_autofree char *server =
		dns_server_to_string(&g_array_index(servers, struct sockaddr_storage, 1));
	g_assert_cmpstr(server, ==, "2001:db8::53");
	g_assert_cmpuint(options.network.access.ports->len, ==, 3);
	g_assert_true(ports[0].port == 5432 && ports[0].protocol == IPPROTO_TCP);
	g_assert_true(ports[1].port == 53 && ports[1].protocol == IPPROTO_UDP);
	g_assert_true(ports[2].port == 80 && ports[2].protocol == IPPROTO_TCP);
	g_assert_true(options.network.access.all);
	options_done(&options);
}

static void test_switches(void)
{
	struct options options;

	parse_good("--no-ipv6 --mtu 576 --udp-timeout 30:3 --pid-file /run/x.pid /", &options);
	g_assert_cmpuint(options.network.udp_timeout, ==, 30);
	g_assert_cmpuint(options.network.udp_brief_timeout, ==, 3);
	g_assert_true(options.network.no_ipv6);
	g_assert_cmpuint(options.network.mtu, ==, 576);
	g_assert_cmpstr(options.pid_file, ==, "/run/x.pid");
	options_done(&options);
	parse_good("--version", &options);
	g_assert_true(options.version);
	options_done(&options);
}

/* Without this neither end of a caller's pipe would ever see the other go. */
static void test_descriptors_become_cloexec(void)
{
	autoclose int ready = dup(STDERR_FILENO);
	autoclose int info = dup(STDERR_FILENO);
	g_autofree char *line = g_strdup_printf("--ready-fd %d --info-fd=%d /", ready, info);
	struct options options;

	g_assert_false(fcntl(ready, F_GETFD) & FD_CLOEXEC);
	parse_good(line, &options);
	g_assert_cmpint(options.ready_fd, ==, ready);
	g_assert_cmpint(options.info_fd, ==, info);
	g_assert_true(fcntl(ready, F_GETFD) & FD_CLOEXEC);
	g_assert_true(fcntl(info, F_GETFD) & FD_CLOEXEC);
	options_done(&options);
}

static void assert_command(const char *line, const char *rootfs, const char *command)
{
	struct options options;

	parse_good(line, &options);
	g_autofree char *joined = g_strjoinv(" ", options.command);
	g_assert_cmpstr(options.rootfs, ==, rootfs);
	g_assert_cmpstr(joined, ==, command);
	options_done(&options);
}

static void test_options_end_at_rootfs(void)
{
	assert_command("./root httpd -f -p 80", "./root", "httpd -f -p 80");
	assert_command("--no-ipv6 ./root --mtu", "./root", "--mtu");
	assert_command("-- ./root ls", "./root", "ls");
	assert_command("--no-ipv6 -- --odd --mtu", "--odd", "--mtu");
	assert_command("/ sh -c 'exec -- true'", "/", "sh -c exec -- true");
	assert_command("/ -- --help", "/", "-- --help");
}

static void test_argv_is_left_alone(void)
{
	char *argv[] = {(char *)"netns-run", (char *)"--mtu", (char *)"1500", (char *)"/", NULL};
	struct options options;

	g_assert_true(options_parse(&options, 4, argv, NULL));
	g_assert_cmpstr(argv[1], ==, "--mtu");
	g_assert_cmpstr(argv[3], ==, "/");
	options_done(&options);
}

static void assert_help(const char *line)
{
	struct options options;

	parse_good(line, &options);
	g_assert_true(g_pattern_match_simple("*ROOTFS*--publish*--host-loopback*", options.help));
	options_done(&options);
}

static void test_help(void)
{
	assert_help("--help");
	assert_help("--no-ipv6 -h /");
	/* Nothing else matters. */
	assert_help("--help --detach --die-with-parent");
}

/* A bad command line and a part of what the message must name. */
static const struct {
	const char *line, *names;
} bad[] = {
	{"", "ROOTFS"},
	{"--", "ROOTFS"},
	{"--no-ipv6", "ROOTFS"},
	{"--no-such-option /", "--no-such-option"},
	{"-x /", "-x"},
	{"--mtu", "--mtu"},
	{"--publish", "publish"},
	{"--publish '' /", "''"},
	{"--publish x:y /", "'x'"},
	{"--publish 70000:80 /", "70000"},
	{"--publish 80:0 /", "port 0"},
	{"-p 80:80/sctp /", "sctp"},
	{"-p 20-10:20-10 /", "20-10"},
	{"--link=bridge /", "bridge"},
	{"--link= /", "''"},
	{"--ifname '' /", "''"},
	{"--ifname a/b /", "a/b"},
	{"--ifname .. /", ".."},
	{"--ifname lo /", "lo"},
	{"--ifname abcdefghijklmnop /", "abcdefghijklmnop"},
	{"--ifname 'a b' /", "a b"},
	{"--ifname eth%d /", "eth%d"},
	{"--mtu 67 /", "67"},
	{"--mtu 65522 /", "65522"},
	{"--mtu -1 /", "-1"},
	{"--mtu 1500x /", "1500x"},
	{"--mtu '' /", "''"},
	{"--mtu 99999999999999999999 /", "99999999999999999999"},
	{"--mtu 1279 /", "1279"},
	{"--udp-timeout 0 /", "'0'"},
	{"--udp-timeout 5: /", "''"},
	{"--udp-timeout 5:6:7 /", "6:7"},
	{"--udp-timeout '' /", "''"},
	{"--mac 01:00:00:00:00:00 /", "01:00:00:00:00:00"},
	{"--mac 00:00:00:00:00:00 /", "all zero"},
	{"--mac 02:00:00:00:00 /", "02:00:00:00:00"},
	{"--mac x /", "x"},
	{"--cidr 10.0.2.1/24 /", "10.0.2.1/24"},
	{"--cidr 10.0.2.0 /", "10.0.2.0"},
	{"--cidr 10.0.2.0/26 /", "10.0.2.0/26"},
	{"--cidr 0.0.0.0/0 /", "0.0.0.0/0"},
	{"--cidr fd00::/64 /", "fd00::/64"},
	{"--cidr6 10.0.2.0/24 /", "10.0.2.0/24"},
	{"--cidr6 fd00::/65 /", "fd00::/65"},
	{"--cidr6 fd00::1/64 /", "fd00::1/64"},
	{"--dns example.org /", "example.org"},
	{"--dns '' /", "''"},
	{"--dns 192.0.2.1:53 /", "192.0.2.1:53"},
	{"--dns 192.0.2.1#0 /", "name server"},
	{"--dns-search 'a b' /", "a b"},
	{"--dns-option 'a b' /", "a b"},
	{"--add-host db /", "no address"},
	{"--add-host :192.0.2.1 /", "host name"},
	{"--add-host db:nowhere /", "nowhere"},
	{"--net host --dns 192.0.2.1#5353 /", "a port in --dns"},
	{"--net host --add-host up:host-gateway /", "host-gateway"},
	{"--host-port 0 /", "'0'"},
	{"--host-port 65536 /", "65536"},
	{"--host-port 53/icmp /", "53/icmp"},
	{"--host-port /tcp /", "''"},
	{"--host-port 53/ /", "53/"},
	{"--ready-fd -1 /", "-1"},
	{"--ready-fd x /", "x"},
	{"--ready-fd 4000000 /", "4000000"},
	{"--info-fd 4000000 /", "--info-fd"},
};

static void test_bad(gconstpointer data)
{
	size_t i = GPOINTER_TO_SIZE(data);
	struct options options;
	g_autoptr(GError) error = NULL;

	memset(&options, 0xaa, sizeof(options));
	struct options untouched = options;
	g_assert_false(parse(bad[i].line, &options, &error));
	g_assert_cmpmem(&options, sizeof(options), &untouched, sizeof(untouched));
	g_assert_nonnull(error);
	g_assert_true(error->domain == FAILURE);
	g_autofree char *cause = failure_cause(error);
	if (!strstr(cause, bad[i].names) || !failure_cure(error) || !*failure_cure(error))
		g_error("the message must name '%s' and have a cure: %s", bad[i].names,
			error->message);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/options/defaults", test_defaults);
	g_test_add_func("/options/link", test_link_options);
	g_test_add_func("/options/repeatable", test_repeatable_options);
	g_test_add_func("/options/switches", test_switches);
	g_test_add_func("/options/descriptors-become-cloexec", test_descriptors_become_cloexec);
	g_test_add_func("/options/options-end-at-rootfs", test_options_end_at_rootfs);
	g_test_add_func("/options/argv-is-left-alone", test_argv_is_left_alone);
	g_test_add_func("/options/help", test_help);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *path = g_strdup_printf("/options/bad/%zu", i);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_bad);
	}
	return g_test_run();
}
