/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_denials - flows that were denied become events at a bounded rate, and all are counted */
#include "forwarder/denials.h"

#include <netinet/in.h>
#include <glib-unix.h>

#include "src/fdpass.h"
#include "src/handoff_message.h"
#include "tests/unit/descriptors.h"

struct fixture {
	struct descriptors_pair pair;
	struct notifier *notifier;
	struct denials *denials;
};

static void fixture_init(struct fixture *f)
{
	g_main_context_default();
	descriptors_pair_init(&f->pair);
	f->notifier = notifier_new(f->pair.to);
	f->denials = denials_new(f->notifier);
	g_unix_set_fd_nonblocking(f->pair.from, TRUE, NULL);
}

static void fixture_done(struct fixture *f)
{
	denials_free(f->denials);
	notifier_free(f->notifier);
	descriptors_pair_done(&f->pair);
}

/* The next event, or NULL when there is none. */
static JsonObject *take(struct fixture *f)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds;
	g_autoptr(JsonNode) root = handoff_message_receive(f->pair.from, fds, &n_fds, NULL);

	if (!root)
		return NULL;
	JsonObject *object = json_node_dup_object(root);
	g_assert_cmpstr(json_object_get_string_member(object, "event"), ==, "flow-denied");
	return object;
}

static void note(struct fixture *f, const char *destination, uint16_t source_port,
		 uint16_t destination_port)
{
	struct denied_flow flow = {
		.protocol = IPPROTO_TCP,
		.source_port = source_port,
		.destination_port = destination_port,
		.reason = "host-port",
	};

	g_assert_true(ip_address_parse("10.0.2.100", &flow.source, NULL));
	g_assert_true(ip_address_parse(destination, &flow.destination, NULL));
	denials_note(f->denials, &flow);
}

/* Runs the main loop until the second is over. */
static JsonObject *take_summary(struct fixture *f)
{
	JsonObject *object;

	while (!(object = take(f)))
		g_main_context_iteration(NULL, TRUE);
	return object;
}

static void test_first_at_once(void)
{
	struct fixture f;

	fixture_init(&f);
	note(&f, "10.0.2.2", 4711, 22);
	note(&f, "fd00::2", 4712, 22);
	g_autoptr(JsonObject) event = take(&f);
	g_assert_cmpstr(json_object_get_string_member(event, "protocol"), ==, "tcp");
	g_assert_cmpstr(json_object_get_string_member(event, "source"), ==, "10.0.2.100:4711");
	g_assert_cmpstr(json_object_get_string_member(event, "destination"), ==, "10.0.2.2:22");
	g_assert_cmpstr(json_object_get_string_member(event, "reason"), ==, "host-port");
	g_assert_cmpint(json_object_get_int_member(event, "count"), ==, 1);
	g_autoptr(JsonObject) other = take(&f);
	g_assert_cmpstr(json_object_get_string_member(other, "destination"), ==, "[fd00::2]:22");
	g_assert_null(take(&f));
	fixture_done(&f);
}

static void test_repeats(void)
{
	struct fixture f;

	fixture_init(&f);
	for (uint16_t i = 0; i < 1000; i++)
		note(&f, "10.0.2.2", (uint16_t)(1024 + i), 22);
	g_autoptr(JsonObject) first = take(&f);
	g_assert_nonnull(first);
	g_assert_null(take(&f));
	g_autoptr(JsonObject) rest = take_summary(&f);
	g_assert_cmpint(json_object_get_int_member(rest, "count"), ==, 999);
	g_assert_null(take(&f));
	/* A new second. */
	note(&f, "10.0.2.2", 1024, 22);
	g_autoptr(JsonObject) again = take(&f);
	g_assert_cmpint(json_object_get_int_member(again, "count"), ==, 1);
	fixture_done(&f);
}

static void test_flood(void)
{
	struct fixture f;
	gint64 told = 0;

	fixture_init(&f);
	for (uint16_t i = 1; i <= 1000; i++)
		note(&f, "10.0.2.2", 5000, i);
	for (JsonObject *event; (event = take(&f)); json_object_unref(event))
		told += json_object_get_int_member(event, "count");
	g_assert_cmpint(told, ==, DENIALS_KINDS);
	g_autoptr(JsonObject) rest = take_summary(&f);
	g_assert_cmpint(json_object_get_int_member(rest, "suppressed"), ==, 1000 - DENIALS_KINDS);
	g_assert_cmpint(json_object_get_int_member(rest, "count"), ==, 0);
	g_assert_null(take(&f));
	fixture_done(&f);
}

/* What is left is told in the end, and no timer outlives it. */
static void test_end(void)
{
	struct fixture f;

	fixture_init(&f);
	note(&f, "10.0.2.2", 5000, 22);
	note(&f, "10.0.2.2", 5001, 22);
	g_clear_pointer(&f.denials, denials_free);
	g_autoptr(JsonObject) first = take(&f);
	g_autoptr(JsonObject) rest = take(&f);
	g_assert_cmpint(json_object_get_int_member(rest, "count"), ==, 1);
	g_assert_false(g_main_context_pending(NULL));
	fixture_done(&f);
}

static void test_names(void)
{
	struct fixture f;
	struct denied_flow flow = {.protocol = IPPROTO_TCP, .reason = "egress", .rule = 7};
	g_autofree char *name = g_strdup("a.test");

	fixture_init(&f);
	denials_note_name(f.denials, name, 3);
	g_autoptr(JsonObject) look_up = take(&f);
	g_assert_cmpstr(json_object_get_string_member(look_up, "protocol"), ==, "dns");
	g_assert_cmpstr(json_object_get_string_member(look_up, "name"), ==, "a.test");
	g_assert_cmpint(json_object_get_int_member(look_up, "rule"), ==, 3);
	g_assert_false(json_object_has_member(look_up, "destination"));
	/* The name is copied: it is the same kind, whatever becomes of the text. */
	name[0] = 'b';
	denials_note_name(f.denials, "a.test", 3);
	g_assert_null(take(&f));
	flow.name = name;
	g_assert_true(ip_address_parse("192.0.2.1", &flow.destination, NULL));
	denials_note(f.denials, &flow);
	g_autoptr(JsonObject) event = take(&f);
	g_assert_cmpstr(json_object_get_string_member(event, "name"), ==, "b.test");
	g_assert_cmpstr(json_object_get_string_member(event, "destination"), ==, "192.0.2.1");
	g_assert_cmpint(json_object_get_int_member(event, "rule"), ==, 7);
	g_autoptr(JsonObject) summary = take_summary(&f);
	g_assert_cmpstr(json_object_get_string_member(summary, "name"), ==, "a.test");
	fixture_done(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/denials/first_at_once", test_first_at_once);
	g_test_add_func("/denials/repeats", test_repeats);
	g_test_add_func("/denials/flood", test_flood);
	g_test_add_func("/denials/end", test_end);
	g_test_add_func("/denials/names", test_names);
	return g_test_run();
}
