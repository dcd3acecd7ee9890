/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_udp_flows - keys, time-outs, eviction and promotion of UDP flows, with a clock of its own */
#include "forwarder/udp_flows.h"

#define SECONDS(n) ((n) * (gint64)G_USEC_PER_SEC)

struct table {
	struct udp_flows *flows;
	unsigned flows_ended, mappings_ended, demoted;
};

static void on_flow_ended(struct udp_flow *flow G_GNUC_UNUSED, void *opaque)
{
	((struct table *)opaque)->flows_ended++;
}

static void on_mapping_ended(struct udp_mapping *mapping, void *opaque)
{
	((struct table *)opaque)->mappings_ended++;
	g_free(mapping);
}

static void on_demote(struct udp_flow *flow, void *opaque)
{
	g_assert_true(flow->is_promoted);
	((struct table *)opaque)->demoted++;
}

static void table_init(struct table *table, unsigned max_flows, unsigned max_promoted)
{
	const struct udp_limits limits = {
		.max_flows = max_flows,
		.max_promoted = max_promoted,
		.brief_s = 10,
		.idle_s = 120,
	};
	const struct udp_flows_handlers handlers = {
		.flow_ended = on_flow_ended,
		.mapping_ended = on_mapping_ended,
		.demote = on_demote,
		.opaque = table,
	};

	*table = (struct table){.flows = udp_flows_new(&limits, &handlers)};
}

static void table_done(struct table *table)
{
	udp_flows_free(table->flows);
}

static struct udp_endpoint endpoint(const char *address, uint16_t port)
{
	struct udp_endpoint result = {.port = port};
	GError *error = NULL;

	ip_address_parse(address, &result.address, &error);
	g_assert_no_error(error);
	return result;
}

/* A flow from 10.0.2.100:inner_port to 192.0.2.1:remote_port, and its mapping if need be. */
static struct udp_flow *add(struct table *table, uint16_t inner_port, uint16_t remote_port,
			    gint64 now_us)
{
	struct udp_endpoint inner = endpoint("10.0.2.100", inner_port);
	struct udp_endpoint remote = endpoint("192.0.2.1", remote_port);
	struct udp_mapping *mapping = udp_flows_find_mapping(table->flows, &inner);

	if (mapping) {
		udp_flows_hold_mapping(mapping);
	} else {
		mapping = g_new0(struct udp_mapping, 1);
		mapping->inner = inner;
		udp_flows_add_mapping(table->flows, mapping);
	}
	struct udp_flow *flow = udp_flows_add(table->flows, mapping, &remote, &remote, now_us);
	udp_flows_release_mapping(table->flows, mapping);
	return flow;
}

static struct udp_flow *find(const struct table *table, uint16_t inner_port, uint16_t remote_port)
{
	struct udp_endpoint inner = endpoint("10.0.2.100", inner_port);
	struct udp_endpoint remote = endpoint("192.0.2.1", remote_port);

	return udp_flows_find_from_command(table->flows, &inner, &remote);
}

static void test_keys(void)
{
	struct table table;
	struct udp_endpoint alias = endpoint("10.0.2.2", 7000);
	struct udp_endpoint loopback = endpoint("127.0.0.1", 7000);
	struct udp_mapping published = {.inner = endpoint("10.0.2.100", 1), .is_published = true};

	table_init(&table, 10, 10);
	struct udp_flow *a = add(&table, 1, 80, 0), *b = add(&table, 1, 81, 0);
	struct udp_flow *c = add(&table, 2, 80, 0);
	g_assert_true(a->mapping == b->mapping);
	g_assert_true(a->mapping != c->mapping);
	g_assert_true(find(&table, 1, 80) == a);
	g_assert_true(find(&table, 1, 81) == b);
	g_assert_true(find(&table, 2, 80) == c);
	g_assert_null(find(&table, 2, 81));
	g_assert_true(udp_flows_find_from_host(table.flows, c->mapping, &c->to_host.to) == c);
	g_assert_null(udp_flows_find_from_host(table.flows, c->mapping, &b->to_host.to));

	/* The two sides may know the remote by different names. */
	struct udp_flow *d = udp_flows_add(table.flows, &published, &alias, &loopback, 0);
	g_assert_true(udp_flows_find_from_host(table.flows, &published, &loopback) == d);
	g_assert_null(udp_flows_find_from_host(table.flows, &published, &alias));
	g_assert_true(udp_flows_find_from_command(table.flows, &published.inner, &alias) == d);

	udp_flows_forget_mapping(table.flows, &published);
	g_assert_null(udp_flows_find_from_command(table.flows, &published.inner, &alias));
	g_assert_cmpuint(published.n_holders, ==, 0);
	g_assert_cmpuint(table.mappings_ended, ==, 0);
	table_done(&table);
	g_assert_cmpuint(table.flows_ended, ==, 4);
	g_assert_cmpuint(table.mappings_ended, ==, 2);
}

static void test_families_and_scopes_differ(void)
{
	struct udp_endpoint a = endpoint("fe80::1", 5), b = a, c = endpoint("0.0.0.0", 5);
	struct udp_endpoint d = endpoint("::", 5);

	b.scope = 2;
	g_assert_true(udp_endpoint_equal(&a, &a));
	g_assert_false(udp_endpoint_equal(&a, &b));
	g_assert_false(udp_endpoint_equal(&c, &d));
}

/* One question and one answer. */
static void exchange(struct table *table, struct udp_flow *flow, gint64 now_us)
{
	udp_flows_note_from_command(table->flows, flow, 1, now_us);
	udp_flows_note_from_host(table->flows, flow, 1, now_us);
}

static void test_time_outs(void)
{
	struct table table;

	table_init(&table, 10, 10);
	exchange(&table, add(&table, 1, 4433, 0), 0); /* one-shot */
	struct udp_flow *lasting = add(&table, 2, 4433, 0);
	exchange(&table, lasting, 0);
	udp_flows_note_from_command(table.flows, lasting, 1, 0);
	udp_flows_note_from_command(table.flows, add(&table, 3, 53, 0), 50, 0);
	udp_flows_note_from_command(table.flows, add(&table, 4, 123, 0), 50, 0);
	udp_flows_note_from_host(table.flows, add(&table, 5, 9, 0), 50, 0); /* never answered */

	udp_flows_expire(table.flows, SECONDS(10) - 1);
	g_assert_cmpuint(udp_flows_count(table.flows), ==, 5);
	udp_flows_expire(table.flows, SECONDS(10));
	g_assert_cmpuint(udp_flows_count(table.flows), ==, 1);
	g_assert_true(find(&table, 2, 4433) == lasting);

	udp_flows_note_from_host(table.flows, lasting, 1, SECONDS(100));
	udp_flows_expire(table.flows, SECONDS(220) - 1);
	g_assert_cmpuint(udp_flows_count(table.flows), ==, 1);
	udp_flows_expire(table.flows, SECONDS(220));
	g_assert_cmpuint(udp_flows_count(table.flows), ==, 0);
	g_assert_cmpuint(table.mappings_ended, ==, 5);
	table_done(&table);
}

/* Three STUN servers, asked once each from one port: the port is in use. */
static void test_mapping_lasts_by_all_its_flows(void)
{
	struct table table;

	table_init(&table, 10, 10);
	for (uint16_t port = 3478; port < 3481; port++)
		exchange(&table, add(&table, 1, port, 0), 0);
	udp_flows_expire(table.flows, SECONDS(60));
	g_assert_cmpuint(table.mappings_ended, ==, 0);
	g_assert_cmpuint(udp_flows_count(table.flows), >, 0);
	udp_flows_expire(table.flows, SECONDS(120));
	g_assert_cmpuint(table.mappings_ended, ==, 1);
	table_done(&table);
}

static void test_eviction_takes_brief_ones_first(void)
{
	struct table table;

	table_init(&table, 4, 10);
	struct udp_flow *lasting = add(&table, 1, 1000, 0);
	udp_flows_note_from_command(table.flows, lasting, 9, 0);
	struct udp_flow *second = add(&table, 2, 1000, 1), *third = add(&table, 3, 1000, 2);
	exchange(&table, second, 3);
	exchange(&table, third, 4);
	exchange(&table, second, 5); /* lasting by now, and the last that was used */
	for (uint16_t port = 10; port < 100; port++)
		exchange(&table, add(&table, port, 1000, port), port);
	g_assert_cmpuint(udp_flows_count(table.flows), ==, 4);
	g_assert_true(find(&table, 1, 1000) == lasting);
	g_assert_true(find(&table, 2, 1000) == second);
	g_assert_null(find(&table, 3, 1000));
	g_assert_null(find(&table, 97, 1000));
	g_assert_nonnull(find(&table, 98, 1000));
	g_assert_nonnull(find(&table, 99, 1000));
	g_assert_cmpuint(udp_flows_count_evicted(table.flows), ==, 89);

	while (udp_flows_evict(table.flows))
		;
	g_assert_cmpuint(udp_flows_count(table.flows), ==, 0);
	table_done(&table);
}

/* Whoever makes room must not take the mapping away that is about to get a flow. */
static void test_eviction_spares_the_mapping(void)
{
	struct table table;

	table_init(&table, 1, 1);
	struct udp_mapping *mapping = add(&table, 1, 80, 0)->mapping;
	g_assert_true(add(&table, 1, 81, 1)->mapping == mapping);
	g_assert_cmpuint(table.flows_ended, ==, 1);
	g_assert_cmpuint(table.mappings_ended, ==, 0);
	g_assert_cmpuint(mapping->n_holders, ==, 1);
	table_done(&table);
	g_assert_cmpuint(table.mappings_ended, ==, 1);
}

static void test_promotion(void)
{
	struct table table;
	gint64 now_us = SECONDS(5);

	table_init(&table, 10, 2);
	struct udp_flow *a = add(&table, 1, 1, 0), *b = add(&table, 2, 1, 0);
	udp_flows_note_from_command(table.flows, a, 8, 0);
	g_assert_true(udp_flows_make_room_to_promote(table.flows, now_us));
	udp_flows_set_promoted(table.flows, a, true);
	g_assert_true(udp_flows_make_room_to_promote(table.flows, now_us));
	udp_flows_set_promoted(table.flows, b, true);
	udp_flows_note_from_command(table.flows, b, 1, now_us);
	udp_flows_note_from_command(table.flows, a, 1, now_us + 1);

	/* Both are busy. */
	g_assert_false(udp_flows_make_room_to_promote(table.flows, now_us + 2));
	g_assert_cmpuint(table.demoted, ==, 0);
	g_assert_true(udp_flows_make_room_to_promote(table.flows, now_us + SECONDS(1)));
	g_assert_cmpuint(table.demoted, ==, 1);
	g_assert_true(a->is_promoted);
	g_assert_false(b->is_promoted);
	g_assert_cmpuint(b->datagrams, ==, 0);
	g_assert_cmpuint(udp_flows_count_promoted(table.flows), ==, 1);

	udp_flows_forget(table.flows, a);
	g_assert_cmpuint(udp_flows_count_promoted(table.flows), ==, 0);
	g_assert_true(find(&table, 2, 1) == b);
	table_done(&table);
}

static void test_no_promotion(void)
{
	struct table table;

	table_init(&table, 1, 0);
	g_assert_false(udp_flows_make_room_to_promote(table.flows, SECONDS(5)));
	table_done(&table);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/udp-flows/keys", test_keys);
	g_test_add_func("/udp-flows/endpoints", test_families_and_scopes_differ);
	g_test_add_func("/udp-flows/time-outs", test_time_outs);
	g_test_add_func("/udp-flows/mapping-lasts", test_mapping_lasts_by_all_its_flows);
	g_test_add_func("/udp-flows/eviction", test_eviction_takes_brief_ones_first);
	g_test_add_func("/udp-flows/eviction-spares-mapping", test_eviction_spares_the_mapping);
	g_test_add_func("/udp-flows/promotion", test_promotion);
	g_test_add_func("/udp-flows/no-promotion", test_no_promotion);
	return g_test_run();
}
