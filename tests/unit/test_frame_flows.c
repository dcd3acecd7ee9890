/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_frame_flows - flows as the frames of libslirp tell of them */
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

#include "forwarder/frame_flows.h"
#include "tests/unit/control_fixture.h"
#include "tests/unit/packet.h"

static const struct packet_end inner = {"10.0.2.100", 40000}, outer = {"192.0.2.1", 443};

static int64_t now_s;

static int64_t on_now(void)
{
	return now_s;
}

struct fixture {
	struct ledger *ledger;
	struct frame_flows *flows;
	struct flow_page page;
	bool is_answer; /* of the last frame to the command */
};

static void set_up(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	fixture->ledger = ledger_new();
	fixture->flows = frame_flows_new(fixture->ledger, on_now);
}

static void tear_down(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	frame_flows_free(fixture->flows);
	frame_flows_free(NULL);
	ledger_free(fixture->ledger);
}

static void pass(struct fixture *fixture, const struct packet *packet, bool is_out)
{
	struct frame frame = packet_parse(packet);

	if (is_out)
		frame_flows_note_from_command(fixture->flows, &frame);
	else
		fixture->is_answer = frame_flows_note_to_command(fixture->flows, &frame);
	packet_frame_done(&frame);
}

static void out(struct fixture *fixture, uint8_t flags, size_t size)
{
	struct packet packet;

	packet_tcp(&packet, inner, outer, flags, size);
	pass(fixture, &packet, true);
}

static void in(struct fixture *fixture, uint8_t flags, size_t size)
{
	struct packet packet;

	packet_tcp(&packet, outer, inner, flags, size);
	pass(fixture, &packet, false);
}

static void datagram(struct fixture *fixture, bool is_out, uint16_t remote_port, size_t size)
{
	const struct packet_end remote = {outer.address, remote_port};
	struct packet packet;

	packet_udp(&packet, is_out ? inner : remote, is_out ? remote : inner, size);
	pass(fixture, &packet, is_out);
}

/* The only flow that there is. */
static const struct flow_record *only(struct fixture *fixture)
{
	flow_page_init(&fixture->page, 0, FLOW_PAGE_MAX);
	frame_flows_list(fixture->flows, &fixture->page);
	flow_page_finish(&fixture->page);
	g_assert_cmpuint(fixture->page.count, ==, 1);
	return &fixture->page.records[0];
}

static size_t count(struct fixture *fixture)
{
	flow_page_init(&fixture->page, 0, FLOW_PAGE_MAX);
	frame_flows_list(fixture->flows, &fixture->page);
	return fixture->page.count;
}

static void test_connection(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	out(fixture, TH_SYN, 0);
	g_assert_cmpint(only(fixture)->state, ==, FLOW_CONNECTING);
	in(fixture, TH_SYN | TH_ACK, 0);
	out(fixture, TH_ACK, 0);
	out(fixture, TH_ACK | TH_PUSH, 100);
	in(fixture, TH_ACK, 1000);
	const struct flow_record *flow = only(fixture);
	g_assert_cmpint(flow->state, ==, FLOW_ESTABLISHED);
	g_assert_cmpint(flow->protocol, ==, IPPROTO_TCP);
	g_assert_false(flow->identity.is_incoming);
	g_assert_cmpuint(flow->bytes_from_command, ==, 100);
	g_assert_cmpuint(flow->bytes_to_command, ==, 1000);
	g_assert_cmpstr(ip_address_text(&flow->identity.ends.command, text), ==, inner.address);
	g_assert_cmpstr(ip_address_text(&flow->identity.ends.remote, text), ==, outer.address);
	g_assert_cmpuint(flow->identity.ends.command_port, ==, inner.port);
	g_assert_cmpuint(flow->identity.ends.remote_port, ==, outer.port);
	uint64_t id = flow->identity.id;
	out(fixture, TH_ACK | TH_FIN, 0);
	g_assert_cmpint(only(fixture)->state, ==, FLOW_CLOSING);
	in(fixture, TH_ACK | TH_FIN, 0);
	out(fixture, TH_ACK, 0);
	g_assert_cmpuint(only(fixture)->identity.id, ==, id);
	/* The port is used again before the old flow is forgotten. */
	out(fixture, TH_SYN, 0);
	g_assert_cmpint(only(fixture)->state, ==, FLOW_CONNECTING);
	g_assert_cmpuint(only(fixture)->identity.id, >, id);
	g_assert_cmpuint(only(fixture)->bytes_from_command, ==, 0);
}

static void test_incoming(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	in(fixture, TH_SYN, 0);
	g_assert_true(only(fixture)->identity.is_incoming);
	out(fixture, TH_SYN | TH_ACK, 0);
	g_assert_cmpint(only(fixture)->state, ==, FLOW_ESTABLISHED);
	in(fixture, TH_RST, 0);
	g_assert_cmpuint(count(fixture), ==, 0);
}

/* Segments of no connection: neither what the command makes up nor the end of one that was. */
static void test_strays(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	out(fixture, TH_ACK, 100);
	out(fixture, TH_RST, 0);
	out(fixture, TH_SYN | TH_RST, 0);
	in(fixture, TH_ACK, 0);
	in(fixture, TH_FIN | TH_ACK, 0);
	in(fixture, TH_RST | TH_ACK, 0);
	g_assert_cmpuint(count(fixture), ==, 0);
}

/* A RST that libslirp did not believe hides a flow until the next answer. */
static void test_forged_reset(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	out(fixture, TH_SYN, 0);
	in(fixture, TH_SYN | TH_ACK, 0);
	out(fixture, TH_RST, 0);
	g_assert_cmpuint(count(fixture), ==, 0);
	in(fixture, TH_ACK, 10);
	g_assert_cmpint(only(fixture)->state, ==, FLOW_ESTABLISHED);
}

static void put_number(struct packet *packet, size_t offset, uint32_t value)
{
	value = htonl(value);
	memcpy(packet->data + PACKET_L4 + offset, &value, sizeof(value));
}

static void out_at(struct fixture *fixture, uint8_t flags, uint32_t sequence)
{
	struct packet packet;

	packet_tcp(&packet, inner, outer, flags, 0);
	put_number(&packet, 4, sequence);
	pass(fixture, &packet, true);
}

static bool refuse(const struct flow_ends *ends G_GNUC_UNUSED, int protocol G_GNUC_UNUSED,
		   void *opaque G_GNUC_UNUSED)
{
	return false;
}

static void on_cut(const struct frame_flows_cut *cut, void *opaque)
{
	*(struct frame_flows_cut *)opaque = *cut;
}

/* libslirp, whose window begins at 2000, drops what is beyond it. */
static void test_invented_numbers(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct frame_flows_cut cut = {.protocol = 0};
	struct packet packet;

	out(fixture, TH_SYN, 0);
	out_at(fixture, TH_RST, 1001);
	g_assert_cmpint(only(fixture)->state, ==, FLOW_CONNECTING);
	out_at(fixture, TH_SYN, 5000);
	out_at(fixture, TH_RST, 5001);
	packet_tcp(&packet, outer, inner, TH_SYN | TH_ACK, 0);
	packet.data[PACKET_L4 + 14] = 0x10; /* a window of 4096 */
	pass(fixture, &packet, false);
	out_at(fixture, TH_ACK, 2000 + (1 << 30));
	out_at(fixture, TH_RST, 2000 + (1 << 30));
	out_at(fixture, TH_RST, 2000 + 4097);
	g_assert_cmpint(only(fixture)->state, ==, FLOW_ESTABLISHED);
	frame_flows_cut(fixture->flows, refuse, NULL, on_cut, &cut);
	g_assert_cmpuint(cut.next_from_command, ==, 2000);
	g_assert_cmpuint(cut.next_to_command, ==, 1001);
	pass(fixture, &packet, false);
	g_assert_cmpuint(count(fixture), ==, 0);
}

static void test_datagrams(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	datagram(fixture, true, 53, 30);
	g_assert_cmpint(only(fixture)->state, ==, FLOW_UNANSWERED);
	datagram(fixture, false, 53, 300);
	g_assert_true(fixture->is_answer);
	g_assert_cmpint(only(fixture)->state, ==, FLOW_ANSWERED);
	g_assert_cmpuint(only(fixture)->bytes_from_command, ==, 30);
	g_assert_cmpuint(only(fixture)->bytes_to_command, ==, 300);
	/* Nobody asked that one. */
	datagram(fixture, false, 54, 300);
	g_assert_false(fixture->is_answer);
	g_assert_cmpuint(count(fixture), ==, 2);
}

static void test_echo(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct packet packet;

	packet_icmp(&packet, inner.address, outer.address, ICMP_ECHO);
	pass(fixture, &packet, true);
	packet_icmp(&packet, outer.address, inner.address, ICMP_ECHOREPLY);
	pass(fixture, &packet, false);
	g_assert_cmpint(only(fixture)->protocol, ==, IPPROTO_ICMP);
	g_assert_cmpint(only(fixture)->state, ==, FLOW_ANSWERED);
	packet_icmp(&packet, "fe80::1", "ff02::1", ND_NEIGHBOR_SOLICIT);
	pass(fixture, &packet, true);
	g_assert_cmpuint(count(fixture), ==, 1);
}

/* The oldest makes room; flows in use stay. */
static void test_bound(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct frame_flows_stats stats;
	struct packet packet;

	out(fixture, TH_SYN, 0);
	in(fixture, TH_SYN | TH_ACK, 0);
	for (unsigned i = 0; i < FRAME_FLOWS_MAX + 100; i++) {
		const struct packet_end remote = {i % 2 ? "192.0.2.2" : "192.0.2.3",
						  (uint16_t)(1000 + i / 2)};
		packet_udp(&packet, inner, remote, 1);
		pass(fixture, &packet, true);
		if (i % 1000 == 0)
			out(fixture, TH_ACK, 1);
	}
	frame_flows_get_stats(fixture->flows, &stats);
	g_assert_cmpuint(stats.traffic[FRAME_FLOWS_TCP].active, ==, 1);
	g_assert_cmpuint(stats.traffic[FRAME_FLOWS_UDP].active, ==, FRAME_FLOWS_MAX - 1);
	g_assert_cmpuint(stats.traffic[FRAME_FLOWS_UDP].opened, ==, FRAME_FLOWS_MAX + 100);
	g_assert_cmpuint(stats.evicted, ==, 101);
	g_assert_cmpuint(stats.traffic[FRAME_FLOWS_UDP].bytes_from_command, ==,
			 FRAME_FLOWS_MAX + 100);
}

/* One that a client has begun, and that is idle, outlives what the command makes up. */
static void test_client_stays(struct fixture *fixture G_GNUC_UNUSED,
			      gconstpointer data G_GNUC_UNUSED)
{
	static const struct packet_end server = {"10.0.2.100", 80};
	struct control_fixture control;
	struct frame_flows_stats stats;
	struct port_rule rule, bound;
	struct packet packet;

	control_fixture_init(&control);
	g_assert_true(port_rule_parse("8000:80", &rule, NULL));
	g_assert_true(port_table_add(control.ports, &rule, &bound, NULL));
	struct fixture own = {.flows = frame_flows_new(control.ledger, on_now)};
	packet_tcp(&packet, outer, server, TH_SYN, 0);
	pass(&own, &packet, false);
	packet_tcp(&packet, server, outer, TH_SYN | TH_ACK, 0);
	pass(&own, &packet, true);
	for (unsigned i = 0; i < FRAME_FLOWS_MAX + 100; i++) {
		packet_udp(&packet, inner, (struct packet_end){outer.address, (uint16_t)(1000 + i)},
			   1);
		pass(&own, &packet, true);
	}
	frame_flows_get_stats(own.flows, &stats);
	g_assert_cmpuint(stats.traffic[FRAME_FLOWS_TCP].active, ==, 1);
	g_assert_cmpuint(stats.evicted, ==, 101);
	frame_flows_free(own.flows);
	control_fixture_done(&control);
}

static bool is_known(struct fixture *fixture, uint16_t remote_port)
{
	const struct packet_end remote = {outer.address, remote_port};
	struct packet packet;

	packet_udp(&packet, inner, remote, 1);
	struct frame frame = packet_parse(&packet);
	bool is_known = frame_flows_knows_from_command(fixture->flows, &frame);
	packet_frame_done(&frame);
	return is_known;
}

/* It has to ask for permission again, whether somebody has looked for dead flows or not. */
static void test_idle(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	datagram(fixture, true, 443, 1);
	g_assert_true(is_known(fixture, 443));
	g_assert_false(is_known(fixture, 444));
	now_s += 239;
	g_assert_true(is_known(fixture, 443));
	datagram(fixture, false, 443, 1);
	now_s += 239;
	g_assert_true(is_known(fixture, 443));
	now_s += 2;
	g_assert_false(is_known(fixture, 443));
	datagram(fixture, true, 443, 1);
	g_assert_true(is_known(fixture, 443));
}

static void add(const char *path, void (*test)(struct fixture *, gconstpointer))
{
	g_test_add(path, struct fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/frame_flows/connection", test_connection);
	add("/frame_flows/incoming", test_incoming);
	add("/frame_flows/strays", test_strays);
	add("/frame_flows/forged-reset", test_forged_reset);
	add("/frame_flows/invented-numbers", test_invented_numbers);
	add("/frame_flows/datagrams", test_datagrams);
	add("/frame_flows/idle", test_idle);
	add("/frame_flows/echo", test_echo);
	add("/frame_flows/bound", test_bound);
	add("/frame_flows/client-stays", test_client_stays);
	return g_test_run();
}
