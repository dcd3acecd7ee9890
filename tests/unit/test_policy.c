/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_policy - what may leave, what is refused, what is dropped, and where it leads */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <glib.h>

#include "forwarder/policy.h"
#include "tests/unit/packet.h"

#define COMMAND4 "10.0.2.100"
#define COMMAND6 "fd00::100"

static struct ip_address address_of(const char *text)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	return address;
}

static void init_network(struct link_network *network, const char *prefix_text)
{
	struct ip_prefix prefix;

	g_assert_true(ip_prefix_parse(prefix_text, &prefix, NULL));
	link_network_init(network, &prefix);
}

static struct policy *new_policy(const struct host_access *access)
{
	struct link_config link = {.kind = LINK_TAP};

	init_network(&link.v4, "10.0.2.0/24");
	init_network(&link.v6, "fd00::/64");
	return policy_new(&link, access);
}

static struct policy *new_closed(void)
{
	return new_policy(&(struct host_access){.all = false});
}

static struct policy *new_open(void)
{
	return new_policy(&(struct host_access){.all = true});
}

static enum policy_verdict check(const struct policy *policy, const struct packet *packet)
{
	struct frame frame = packet_parse(packet);
	enum policy_verdict verdict = policy_check_frame(policy, &frame);

	packet_frame_done(&frame);
	return verdict;
}

/* A frame and a flow from the command to one endpoint must get the same verdict. */
static void assert_both(const struct policy *policy, int protocol, struct packet_end to,
			enum policy_verdict expected)
{
	struct packet_end from = {strchr(to.address, ':') ? COMMAND6 : COMMAND4, 4000};
	struct ip_address destination = address_of(to.address);
	struct packet packet;
	unsigned rule;

	if (protocol == IPPROTO_TCP)
		packet_tcp(&packet, from, to, TH_SYN, 0);
	else
		packet_udp(&packet, from, to, 0);
	g_assert_cmpint(check(policy, &packet), ==, expected);
	g_assert_cmpint(policy_check_flow(policy, protocol, &destination, to.port, &rule), ==,
			expected);
}

static void assert_tcp(const struct policy *policy, const char *address, uint16_t port,
		       enum policy_verdict expected)
{
	assert_both(policy, IPPROTO_TCP, (struct packet_end){address, port}, expected);
}

static void assert_udp(const struct policy *policy, const char *address, uint16_t port,
		       enum policy_verdict expected)
{
	assert_both(policy, IPPROTO_UDP, (struct packet_end){address, port}, expected);
}

static void assert_icmp(const struct policy *policy, const char *source, const char *destination,
			uint8_t type, enum policy_verdict expected)
{
	struct packet packet;

	packet_icmp(&packet, source, destination, type);
	g_assert_cmpint(check(policy, &packet), ==, expected);
}

/* The command has the host's own address: an alias leads there, if it is asked for. */
static void test_shared_echo(void)
{
	struct link_config link = {.kind = LINK_TAP};
	const struct ip_address command4 = address_of("192.0.2.77"),
				command6 = address_of("2001:db8::77");
	const struct ip_address router = address_of("192.0.2.1");
	char host4[IP_ADDRESS_TEXT_SIZE], host6[IP_ADDRESS_TEXT_SIZE];

	link_network_share(&link.v4, &command4, 24, &router);
	link_network_share(&link.v6, &command6, 64, &(struct ip_address){.family = AF_UNSPEC});
	ip_address_text(&link.v4.host, host4);
	ip_address_text(&link.v6.host, host6);
	for (int opens = 0; opens < 2; opens++) {
		link.v4.opens_host = link.v6.opens_host = opens;
		struct policy *policy = policy_new(&link, &(struct host_access){.all = true});
		assert_icmp(policy, "192.0.2.77", host4, 8, opens ? POLICY_PASS : POLICY_REJECT);
		assert_icmp(policy, "2001:db8::77", host6, 128, POLICY_REJECT);
		policy_free(policy);
	}
}

static void test_outside(void)
{
	struct policy *policy = new_closed();

	assert_tcp(policy, "192.0.2.1", 80, POLICY_PASS);
	assert_udp(policy, "192.0.2.1", 53, POLICY_PASS);
	assert_tcp(policy, "169.254.169.254", 80, POLICY_PASS);
	assert_tcp(policy, "2001:db8::1", 80, POLICY_PASS);
	assert_icmp(policy, COMMAND4, "192.0.2.1", 8, POLICY_PASS);
	assert_icmp(policy, COMMAND6, "2001:db8::1", 128, POLICY_PASS);
	policy_free(policy);
}

static const char *explain(const struct policy *policy, const char *source, const char *destination)
{
	struct packet packet;

	packet_udp(&packet, (struct packet_end){source, 5000},
		   (struct packet_end){destination, 4000}, 8);
	struct frame frame = packet_parse(&packet);
	const char *reason = policy_explain_frame(policy, &frame);
	packet_frame_done(&frame);
	return reason;
}

static void test_explain(void)
{
	static const struct {
		const char *source, *destination, *reason;
	} cases[] = {
		{COMMAND4, "10.0.2.2", "host-port"},  {COMMAND6, "fd00::2", "host-port"},
		{COMMAND4, "10.0.2.3", "not-dns"},    {COMMAND4, "127.0.0.1", "host-loopback"},
		{COMMAND6, "::1", "host-loopback"},   {COMMAND4, "10.0.2.77", "nobody"},
		{COMMAND6, "fd00::77", "nobody"},     {"192.0.2.7", "192.0.2.1", "source"},
		{COMMAND4, "255.255.255.255", NULL},  {COMMAND4, "10.0.2.255", NULL},
		{COMMAND4, "224.0.0.251", NULL},      {COMMAND6, "ff02::fb", NULL},
		{"0.0.0.0", "255.255.255.255", NULL},
	};
	struct policy *policy = new_closed();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_cmpstr(explain(policy, cases[i].source, cases[i].destination), ==,
				cases[i].reason);
		if (g_strcmp0(cases[i].reason, "source") != 0) {
			struct ip_address destination = address_of(cases[i].destination);
			g_assert_cmpstr(policy_explain_flow(policy, &destination), ==,
					cases[i].reason);
		}
	}
	policy_free(policy);
}

static void test_closed_gateway(void)
{
	struct policy *policy = new_closed();

	assert_tcp(policy, "10.0.2.2", 22, POLICY_REJECT);
	assert_udp(policy, "10.0.2.2", 53, POLICY_REJECT);
	assert_tcp(policy, "fd00::2", 22, POLICY_REJECT);
	assert_icmp(policy, COMMAND4, "10.0.2.2", 8, POLICY_PASS);
	assert_icmp(policy, COMMAND4, "10.0.2.2", 3, POLICY_DROP);
	assert_icmp(policy, COMMAND6, "fd00::2", 128, POLICY_PASS);
	assert_icmp(policy, COMMAND6, "fd00::2", 135, POLICY_PASS);
	assert_icmp(policy, COMMAND6, "fd00::2", 1, POLICY_DROP);
	policy_free(policy);
}

static void test_opened_ports(void)
{
	static const struct host_port ports[] = {{IPPROTO_TCP, 5432}, {IPPROTO_UDP, 65535}};
	struct host_access access = {.ports = g_array_new(FALSE, FALSE, sizeof(ports[0]))};
	struct policy *policy;

	g_array_append_vals(access.ports, ports, G_N_ELEMENTS(ports));
	policy = new_policy(&access);
	g_array_unref(access.ports);
	assert_tcp(policy, "10.0.2.2", 5432, POLICY_PASS);
	assert_tcp(policy, "fd00::2", 5432, POLICY_PASS);
	assert_udp(policy, "10.0.2.2", 5432, POLICY_REJECT);
	assert_tcp(policy, "10.0.2.2", 5433, POLICY_REJECT);
	assert_udp(policy, "10.0.2.2", 65535, POLICY_PASS);
	assert_tcp(policy, "10.0.2.3", 5432, POLICY_REJECT);
	assert_tcp(policy, "127.0.0.1", 5432, POLICY_REJECT);
	policy_free(policy);
}

static void test_all_open(void)
{
	static const char *const refused[] = {
		"127.0.0.1", "127.1.2.3",	 "0.0.0.0",	     "0.1.2.3",	    "::1",
		"::",	     "::ffff:127.0.0.1", "::ffff:192.0.2.1", "::127.0.0.1", "::192.0.2.1"};
	struct policy *policy = new_open();

	assert_tcp(policy, "10.0.2.2", 22, POLICY_PASS);
	assert_udp(policy, "fd00::2", 22, POLICY_PASS);
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		assert_tcp(policy, refused[i], 80, POLICY_REJECT);
		assert_udp(policy, refused[i], 53, POLICY_REJECT);
	}
	policy_free(policy);
}

static void test_dns(void)
{
	struct policy *policy = new_closed();

	assert_udp(policy, "10.0.2.3", 53, POLICY_PASS);
	assert_tcp(policy, "10.0.2.3", 53, POLICY_PASS);
	assert_udp(policy, "fd00::3", 53, POLICY_PASS);
	assert_udp(policy, "10.0.2.3", 54, POLICY_REJECT);
	assert_tcp(policy, "fd00::3", 853, POLICY_REJECT);
	assert_icmp(policy, COMMAND4, "10.0.2.3", 8, POLICY_PASS);
	assert_icmp(policy, COMMAND6, "fd00::3", 128, POLICY_PASS);
	policy_free(policy);
}

static void test_no_dns(void)
{
	struct policy *policy = new_policy(&(struct host_access){.all = true, .no_dns = true});

	assert_udp(policy, "10.0.2.3", 53, POLICY_REJECT);
	assert_tcp(policy, "10.0.2.3", 53, POLICY_REJECT);
	assert_udp(policy, "fd00::3", 53, POLICY_REJECT);
	assert_udp(policy, "10.0.2.2", 53, POLICY_PASS);
	assert_udp(policy, "192.0.2.1", 53, POLICY_PASS);
	policy_free(policy);
}

static void assert_dhcp(const struct policy *policy, struct packet_end from, struct packet_end to,
			enum policy_verdict expected)
{
	struct packet packet;

	packet_udp(&packet, from, to, 240);
	g_assert_cmpint(check(policy, &packet), ==, expected);
}

static void test_dhcp(void)
{
	const struct packet_end unnumbered = {"0.0.0.0", 68}, numbered = {COMMAND4, 68};
	const struct packet_end all = {"255.255.255.255", 67}, gateway = {"10.0.2.2", 67};
	struct policy *policy = new_closed();

	assert_dhcp(policy, unnumbered, all, POLICY_PASS);
	assert_dhcp(policy, numbered, all, POLICY_PASS);
	assert_dhcp(policy, numbered, gateway, POLICY_PASS);
	assert_dhcp(policy, (struct packet_end){COMMAND4, 69}, gateway, POLICY_REJECT);
	assert_dhcp(policy, (struct packet_end){"192.0.2.9", 68}, all, POLICY_DROP);
	assert_dhcp(policy, unnumbered, (struct packet_end){"255.255.255.255", 69}, POLICY_DROP);
	assert_dhcp(policy, unnumbered, (struct packet_end){"192.0.2.1", 67}, POLICY_DROP);
	policy_free(policy);
}

static void test_groups(void)
{
	struct policy *policy = new_open();

	assert_udp(policy, "255.255.255.255", 9, POLICY_DROP);
	assert_udp(policy, "10.0.2.255", 9, POLICY_DROP);
	assert_udp(policy, "10.0.2.0", 9, POLICY_DROP);
	assert_udp(policy, "224.0.0.251", 5353, POLICY_DROP);
	assert_udp(policy, "ff02::fb", 5353, POLICY_DROP);
	assert_udp(policy, "ff05::1", 9, POLICY_DROP);
	assert_tcp(policy, "fe80::2", 80, POLICY_DROP);
	assert_tcp(policy, "fd00::50", 80, POLICY_DROP);
	assert_tcp(policy, "10.0.2.50", 80, POLICY_DROP);
	assert_icmp(policy, COMMAND6, "ff02::2", 133, POLICY_PASS);
	assert_icmp(policy, "fe80::1", "ff02::1:ff00:2", 135, POLICY_PASS);
	assert_icmp(policy, "::", "ff02::1:ff00:100", 135, POLICY_PASS);
	assert_icmp(policy, "fe80::1", "fe80::2", 136, POLICY_PASS);
	assert_icmp(policy, COMMAND6, "ff05::2", 128, POLICY_DROP);
	policy_free(policy);
}

static void test_echo_on_link(void)
{
	struct policy *policy = new_open();

	assert_icmp(policy, "fe80::1", "fe80::2", 128, POLICY_PASS);
	assert_icmp(policy, "fe80::1", "fe80::3", 128, POLICY_PASS);
	assert_icmp(policy, "fe80::1", "fe80::4", 128, POLICY_DROP);
	assert_icmp(policy, "fe80::1", "fe80:0:0:1::2", 128, POLICY_DROP);
	assert_icmp(policy, COMMAND6, "ff02::1", 128, POLICY_DROP);
	assert_icmp(policy, "fe80::1", "ff02::16", 143, POLICY_PASS);
	policy_free(policy);
}

static void test_sources(void)
{
	const struct packet_end outer4 = {"192.0.2.1", 80}, outer6 = {"2001:db8::1", 80};
	static const char *const bad4[] = {"192.0.2.9", "0.0.0.0", "127.0.0.1"};
	static const char *const bad6[] = {"2001:db8::9", "::", "::1"};
	struct policy *policy = new_open();
	struct packet packet;

	for (size_t i = 0; i < G_N_ELEMENTS(bad4); i++) {
		packet_tcp(&packet, (struct packet_end){bad4[i], 4000}, outer4, TH_SYN, 0);
		g_assert_cmpint(check(policy, &packet), ==, POLICY_DROP);
		packet_tcp(&packet, (struct packet_end){bad6[i], 4000}, outer6, TH_SYN, 0);
		g_assert_cmpint(check(policy, &packet), ==, POLICY_DROP);
	}
	packet_tcp(&packet, (struct packet_end){"10.0.2.101", 4000}, outer4, TH_SYN, 0);
	g_assert_cmpint(check(policy, &packet), ==, POLICY_PASS);
	policy_free(policy);
}

/* No port can be read from these: never to the host, even when it is open. */
static void test_unreadable_ports(void)
{
	static const char *const hosts4[] = {"10.0.2.2", "10.0.2.3", "127.0.0.1"};
	static const char *const hosts6[] = {"fd00::2", "fd00::3", "::1"};
	struct policy *policy = new_open();
	struct packet packet;

	for (size_t i = 0; i < G_N_ELEMENTS(hosts4); i++) {
		packet_udp(&packet, (struct packet_end){COMMAND4, 4000},
			   (struct packet_end){hosts4[i], 53}, 8);
		packet.data[PACKET_IP + 6] = 0x20;
		g_assert_cmpint(check(policy, &packet), ==, POLICY_DROP);
		packet_udp(&packet, (struct packet_end){COMMAND6, 4000},
			   (struct packet_end){hosts6[i], 53}, 8);
		packet_insert_extension(&packet, IPPROTO_DSTOPTS, 0);
		g_assert_cmpint(check(policy, &packet), ==, POLICY_DROP);
		packet_ip(&packet, COMMAND4, hosts4[i], IPPROTO_TCP, "\0\0\0\26", 4);
		g_assert_cmpint(check(policy, &packet), ==, POLICY_DROP);
	}
	packet_udp(&packet, (struct packet_end){COMMAND4, 4000},
		   (struct packet_end){"192.0.2.1", 53}, 8);
	packet.data[PACKET_IP + 6] = 0x20;
	g_assert_cmpint(check(policy, &packet), ==, POLICY_PASS);
	policy_free(policy);
}

static void test_not_ip(void)
{
	struct policy *policy = new_open();
	struct packet packet = {.size = 42};

	packet.data[12] = 0x08;
	packet.data[13] = 0x06; /* ARP */
	g_assert_cmpint(check(policy, &packet), ==, POLICY_PASS);
	packet.data[12] = 0x88;
	packet.data[13] = 0xf8; /* NC-SI, which libslirp would answer */
	g_assert_cmpint(check(policy, &packet), ==, POLICY_DROP);
	packet_udp(&packet, (struct packet_end){COMMAND4, 1}, (struct packet_end){"192.0.2.1", 1},
		   0);
	packet.data[PACKET_IP] = 0x44;
	g_assert_cmpint(check(policy, &packet), ==, POLICY_DROP);
	packet_ip(&packet, COMMAND4, "10.0.2.2", IPPROTO_SCTP, "sctp", 4);
	g_assert_cmpint(check(policy, &packet), ==, POLICY_REJECT);
	policy_free(policy);
}

static void test_disabled_family(void)
{
	struct link_config link = {.kind = LINK_TAP};
	struct policy *policy;

	init_network(&link.v4, "10.0.2.0/24");
	policy = policy_new(&link, &(struct host_access){.all = true});
	assert_tcp(policy, "192.0.2.1", 80, POLICY_PASS);
	assert_tcp(policy, "2001:db8::1", 80, POLICY_DROP);
	assert_icmp(policy, "fe80::1", "ff02::2", 133, POLICY_DROP);
	policy_free(policy);
}

static void assert_translation(const char *from, uint16_t port, const char *expected)
{
	struct policy *policy = new_open();
	struct ip_address address = address_of(from);
	struct sockaddr_storage sockaddr;
	char text[IP_ADDRESS_TEXT_SIZE];
	uint16_t translated_port;

	g_assert_true(policy_translate(policy, &address, port, &sockaddr));
	g_assert_true(
		ip_address_from_sockaddr((struct sockaddr *)&sockaddr, &address, &translated_port));
	g_assert_cmpstr(ip_address_text(&address, text), ==, expected);
	g_assert_cmpint(translated_port, ==, port);
	policy_free(policy);
}

static void test_translate(void)
{
	assert_translation("10.0.2.2", 8080, "127.0.0.1");
	assert_translation("fd00::2", 8080, "::1");
	assert_translation("192.0.2.1", 443, "192.0.2.1");
	assert_translation("2001:db8::1", 443, "2001:db8::1");
}

/* It leads to nothing but the forwarder's own answers. */
static void test_translate_dns(void)
{
	struct ip_address dns = address_of("10.0.2.3");
	struct sockaddr_storage sockaddr;
	struct policy *policy = new_closed();

	g_assert_false(policy_translate(policy, &dns, 53, &sockaddr));
	policy_free(policy);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/policy/outside", test_outside);
	g_test_add_func("/policy/shared-echo", test_shared_echo);
	g_test_add_func("/policy/explain", test_explain);
	g_test_add_func("/policy/closed-gateway", test_closed_gateway);
	g_test_add_func("/policy/opened-ports", test_opened_ports);
	g_test_add_func("/policy/all-open", test_all_open);
	g_test_add_func("/policy/dns", test_dns);
	g_test_add_func("/policy/no-dns", test_no_dns);
	g_test_add_func("/policy/dhcp", test_dhcp);
	g_test_add_func("/policy/groups", test_groups);
	g_test_add_func("/policy/echo-on-link", test_echo_on_link);
	g_test_add_func("/policy/sources", test_sources);
	g_test_add_func("/policy/unreadable-ports", test_unreadable_ports);
	g_test_add_func("/policy/not-ip", test_not_ip);
	g_test_add_func("/policy/disabled-family", test_disabled_family);
	g_test_add_func("/policy/translate", test_translate);
	g_test_add_func("/policy/translate-dns", test_translate_dns);
	return g_test_run();
}
