/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_virtual_names - addresses in place of names, and what the resolver says of them */
#include "forwarder/virtual_names.h"

#include <arpa/inet.h>
#include <string.h>

#include "forwarder/dns_reply.h"
#include "forwarder/dns_virtual.h"
#include "src/autoclose.h"
#include "src/memory_file.h"
#include "tests/unit/dns_packet.h"

struct fixture {
	struct link_config link;
	int fd;
	struct memory *memory;
	struct name_table *table;
	struct virtual_names *names;
	GArray *used; /* of struct ip_address: connections lead there */
};

static void on_list_flows(struct flow_page *page, void *opaque)
{
	const struct fixture *f = opaque;

	for (guint i = 0; i < f->used->len; i++) {
		const struct flow_record record = {
			.identity = {.id = i + 1,
				     .ends.remote = g_array_index(f->used, struct ip_address, i)},
		};

		if (flow_page_wants(page, i + 1))
			flow_page_add(page, &record);
	}
}

static void make(struct fixture *f)
{
	const struct virtual_names_context context = {
		.link = &f->link,
		.memory = f->memory,
		.names = f->table,
		.list_flows = on_list_flows,
		.opaque = f,
	};

	f->names = virtual_names_new(&context);
	virtual_names_recall(f->names);
}

/* prefix6 is NULL where IPv6 is off. */
static void fixture_init(struct fixture *f, const char *prefix4, const char *prefix6)
{
	struct ip_prefix prefix;

	*f = (struct fixture){.fd = -1};
	g_assert_true(memory_file_new(&f->fd, NULL));
	g_assert_true(ip_prefix_parse(prefix4, &prefix, NULL));
	link_network_init(&f->link.v4, &prefix);
	if (prefix6) {
		g_assert_true(ip_prefix_parse(prefix6, &prefix, NULL));
		link_network_init(&f->link.v6, &prefix);
	}
	f->memory = memory_new(f->fd);
	f->table = name_table_new();
	f->used = g_array_new(FALSE, FALSE, sizeof(struct ip_address));
	make(f);
}

static void fixture_done(struct fixture *f)
{
	virtual_names_free(f->names);
	name_table_free(f->table);
	memory_free(f->memory);
	close_fd(&f->fd);
	g_array_unref(f->used);
}

/* Another forwarder; with a memory or without. */
static void fixture_succeed(struct fixture *f, bool has_memory)
{
	virtual_names_free(f->names);
	memory_free(f->memory);
	f->memory = has_memory ? memory_new(f->fd) : NULL;
	make(f);
}

static struct ip_address lend(struct fixture *f, const char *name)
{
	struct ip_address addresses[2];

	g_assert_true(virtual_names_lend(f->names, name, addresses));
	return addresses[0];
}

static struct ip_address lend_number(struct fixture *f, unsigned number)
{
	g_autofree char *name = g_strdup_printf("n%u.test", number);

	return lend(f, name);
}

static const char *find(struct fixture *f, const struct ip_address *address)
{
	return virtual_names_find(f->names, address);
}

static void test_names(void)
{
	struct ip_address one[2], again[2], two[2], other;
	struct ip_prefix range4, range6;
	struct fixture f;

	fixture_init(&f, "10.0.2.0/24", "fd00::/64");
	g_assert_true(ip_prefix_parse("198.18.0.0/15", &range4, NULL));
	g_assert_true(ip_prefix_parse("fdd0:5a5c:1815::/64", &range6, NULL));
	g_assert_true(virtual_names_lend(f.names, "one.test", one));
	g_assert_true(virtual_names_lend(f.names, "two.test", two));
	g_assert_true(virtual_names_lend(f.names, "one.test", again));
	g_assert_true(ip_prefix_contains(&range4, &one[0]) && ip_prefix_contains(&range6, &one[1]));
	for (int i = 0; i < 2; i++) {
		g_assert_true(ip_address_equal(&one[i], &again[i]));
		g_assert_false(ip_address_equal(&one[i], &two[i]));
		g_assert_cmpstr(find(&f, &one[i]), ==, "one.test");
		g_assert_cmpstr(virtual_names_use(f.names, &two[i]), ==, "two.test");
		g_assert_true(virtual_names_contain(f.names, &one[i]));
	}
	g_assert_cmpuint(virtual_names_count(f.names), ==, 2);
	/* The low half of an IPv6 one alone makes no name. */
	other = one[1];
	other.bytes[8] = 1;
	g_assert_true(virtual_names_contain(f.names, &other));
	g_assert_null(find(&f, &other));
	other.bytes[0] ^= 1;
	g_assert_false(virtual_names_contain(f.names, &other));
	g_assert_true(ip_address_parse("198.20.0.1", &other, NULL));
	g_assert_false(virtual_names_contain(f.names, &other));
	g_assert_null(virtual_names_use(f.names, &other));
	g_assert_false(virtual_names_contain(NULL, &one[0]));
	g_assert_null(virtual_names_find(NULL, &one[0]));
	fixture_done(&f);
}

/* The command's own network comes first. */
static void test_ranges(void)
{
	struct ip_address addresses[2];
	struct fixture f;

	fixture_init(&f, "198.18.0.0/16", "fd00::/64");
	g_assert_true(virtual_names_lend(f.names, "one.test", addresses));
	g_assert_cmpint(addresses[0].family, ==, AF_UNSPEC);
	g_assert_cmpint(addresses[1].family, ==, AF_INET6);
	fixture_done(&f);
	fixture_init(&f, "10.0.2.0/24", NULL);
	g_assert_true(virtual_names_lend(f.names, "one.test", addresses));
	g_assert_cmpint(addresses[0].family, ==, AF_INET);
	g_assert_cmpint(addresses[1].family, ==, AF_UNSPEC);
	fixture_done(&f);
}

static void test_room(void)
{
	struct ip_address first, used, recent, last;
	struct fixture f;

	fixture_init(&f, "10.0.2.0/24", "fd00::/64");
	first = lend_number(&f, 0);
	used = lend_number(&f, 1);
	recent = lend_number(&f, 2);
	g_array_append_val(f.used, used);
	for (unsigned i = 3; i < VIRTUAL_NAMES_MAX; i++)
		lend_number(&f, i);
	g_assert_cmpstr(virtual_names_use(f.names, &recent), ==, "n2.test");
	g_assert_cmpstr(find(&f, &first), ==, "n0.test");
	last = lend(&f, "last.test");
	g_assert_null(find(&f, &first));
	g_assert_cmpstr(find(&f, &used), ==, "n1.test");
	g_assert_cmpstr(find(&f, &recent), ==, "n2.test");
	/* What has been forgotten leads to nothing, for long. */
	for (unsigned i = 0; i < 10 * VIRTUAL_NAMES_MAX; i++)
		lend_number(&f, 100000 + i);
	g_assert_null(find(&f, &first));
	g_assert_null(find(&f, &last));
	g_assert_cmpstr(find(&f, &used), ==, "n1.test");
	g_assert_cmpuint(virtual_names_count(f.names), <=, VIRTUAL_NAMES_MAX);
	fixture_done(&f);
}

/* Not even a command that holds them all open makes one of them lead elsewhere. */
static void test_all_used(void)
{
	struct ip_address address, addresses[2];
	struct fixture f;

	fixture_init(&f, "10.0.2.0/24", NULL);
	for (unsigned i = 0; i < VIRTUAL_NAMES_MAX; i++) {
		address = lend_number(&f, i);
		g_array_append_val(f.used, address);
	}
	g_assert_false(virtual_names_lend(f.names, "more.test", addresses));
	g_assert_cmpstr(find(&f, &address), ==, "n8191.test");
	g_array_remove_index(f.used, 7);
	g_assert_true(virtual_names_lend(f.names, "more.test", addresses));
	fixture_done(&f);
}

static void test_successors(void)
{
	struct ip_address one, two;
	struct fixture f;

	fixture_init(&f, "10.0.2.0/24", "fd00::/64");
	one = lend(&f, "one.test");
	fixture_succeed(&f, true);
	g_assert_cmpstr(find(&f, &one), ==, "one.test");
	g_assert_cmpstr(name_table_find(f.table, &one), ==, "one.test");
	two = lend(&f, "two.test");
	g_assert_false(ip_address_equal(&one, &two));
	/* All forgotten, but not where to go on. */
	for (unsigned i = 0; i < 2 * VIRTUAL_NAMES_MAX; i++)
		lend_number(&f, i);
	fixture_succeed(&f, true);
	g_assert_cmpuint(virtual_names_count(f.names), >, VIRTUAL_NAMES_MAX / 2);
	for (unsigned i = 0; i < 2 * VIRTUAL_NAMES_MAX; i++)
		lend_number(&f, 100000 + i);
	g_assert_null(find(&f, &one));
	g_assert_null(find(&f, &two));
	/* Without a memory it begins elsewhere. */
	fixture_succeed(&f, false);
	one = lend(&f, "one.test");
	fixture_succeed(&f, false);
	two = lend(&f, "two.test");
	g_assert_false(ip_address_equal(&one, &two));
	fixture_done(&f);
}

/* --- the resolver --- */

/* The answer's code, and its address or name, or "". */
static char *ask(struct fixture *f, const char *name, unsigned type)
{
	g_autofree uint8_t *reply = g_malloc(DNS_REPLY_SIZE);
	struct dns_packet packet;
	struct dns_query query;
	char text[NS_MAXDNAME] = "";
	ns_msg message;
	ns_rr record;

	dns_packet_begin(&packet, 7, DNS_PACKET_QUERY, name, type);
	g_assert_cmpint(dns_query_read(packet.data, packet.size, &query), ==, ns_r_noerror);
	size_t size = dns_virtual_reverse(f->names, packet.data, &query, reply);
	if (size == 0)
		size = dns_virtual_answer(f->names, packet.data, &query, reply);
	if (size == 0)
		return g_strdup("none");
	g_assert_cmpint(ns_initparse(reply, (int)size, &message), ==, 0);
	for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
		g_assert_cmpint(ns_parserr(&message, ns_s_an, i, &record), ==, 0);
		if (ns_rr_type(record) == ns_t_ptr)
			g_assert_cmpint(ns_name_uncompress(reply, reply + size, ns_rr_rdata(record),
							   text, sizeof(text)),
					>, 0);
		else
			inet_ntop(ns_rr_type(record) == ns_t_a ? AF_INET : AF_INET6,
				  ns_rr_rdata(record), text, sizeof(text));
	}
	return g_strdup_printf("%d %s", ns_msg_getflag(message, ns_f_rcode), text);
}

static void expect(struct fixture *f, const char *name, unsigned type, const char *expected)
{
	g_autofree char *found = ask(f, name, type);

	g_assert_cmpstr(found, ==, expected);
}

static void test_answers(void)
{
	char text[IP_ADDRESS_TEXT_SIZE];
	struct ip_address address;
	struct fixture f;

	fixture_init(&f, "10.0.2.0/24", "fd00::/64");
	address = lend(&f, "one.test");
	g_autofree char *expected = g_strdup_printf("0 %s", ip_address_text(&address, text));
	expect(&f, "one.test", ns_t_a, expected);
	expect(&f, "ONE.Test", ns_t_a, expected);
	g_autofree char *reverse =
		g_strdup_printf("%u.%u.%u.%u.in-addr.arpa", address.bytes[3], address.bytes[2],
				address.bytes[1], address.bytes[0]);
	expect(&f, reverse, ns_t_ptr, "0 one.test");
	expect(&f, "0.0.18.198.in-addr.arpa", ns_t_ptr, "3 ");
	expect(&f, "1.2.0.192.in-addr.arpa", ns_t_ptr, "none");
	expect(&f, "18.198.in-addr.arpa", ns_t_ptr, "none");
	expect(&f, "one.test", 65, "0 ");
	expect(&f, "one.test", ns_t_mx, "none");
	expect(&f, "localhost", ns_t_a, "0 127.0.0.1");
	expect(&f, "x.localhost", ns_t_aaaa, "0 ::1");
	fixture_done(&f);
}

static void test_disguise(void)
{
	static const char *const names[] = {"127.0.0.1", "127.1",    "2130706433", "0x7f000001",
					    "127.0.0x1", "0x7F.0X1", "0x",	   "017700000001",
					    "-a.test",	 "a.-.test", "1.2.3.4"};
	struct fixture f;

	fixture_init(&f, "10.0.2.0/24", "fd00::/64");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		expect(&f, names[i], ns_t_a, "3 ");
	g_assert_cmpuint(virtual_names_count(f.names), ==, 0);
	g_autofree char *honest = ask(&f, "0xcafe.test", ns_t_a);
	g_assert_true(g_str_has_prefix(honest, "0 198.1"));
	fixture_done(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/virtual-names/names", test_names);
	g_test_add_func("/virtual-names/ranges", test_ranges);
	g_test_add_func("/virtual-names/room", test_room);
	g_test_add_func("/virtual-names/all-used", test_all_used);
	g_test_add_func("/virtual-names/successors", test_successors);
	g_test_add_func("/virtual-names/answers", test_answers);
	g_test_add_func("/virtual-names/disguise", test_disguise);
	return g_test_run();
}
