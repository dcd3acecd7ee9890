/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_notices - what a forwarder tells its launcher after the start */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "forwarder/notifier.h"
#include "launcher/notices.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/json.h"
#include "src/notice.h"
#include "tests/unit/descriptors.h"

#define FLOOD 100000

/* Both ends, and what has come. */
struct fixture {
	struct descriptors_pair pair;
	struct notifier *notifier;
	struct notices *notices;
	GPtrArray *texts; /* of the notices, in their order */
	size_t n_fds;
	int kept; /* the last descriptor */
};

static void on_notice(const char *kind, JsonObject *notice, int *fds, size_t n_fds, void *opaque)
{
	struct fixture *fixture = opaque;
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);

	g_assert_cmpstr(kind, ==, json_object_get_string_member(notice, "notice"));
	json_node_set_object(root, notice);
	g_ptr_array_add(fixture->texts, json_to_string(root, FALSE));
	fixture->n_fds += n_fds;
	if (n_fds > 0) {
		close_fd(&fixture->kept);
		fixture->kept = g_steal_fd(&fds[n_fds - 1]);
	}
}

static void fixture_init(struct fixture *fixture)
{
	/* It keeps descriptors of its own. */
	g_main_context_default();
	*fixture = (struct fixture){.kept = -1, .texts = g_ptr_array_new_with_free_func(g_free)};
	descriptors_pair_init(&fixture->pair);
	fixture->notifier = notifier_new(fixture->pair.to);
	fixture->notices = notices_new(fixture->pair.from, on_notice, fixture);
}

static void fixture_done(struct fixture *fixture)
{
	notices_free(fixture->notices);
	notifier_free(fixture->notifier);
	g_ptr_array_unref(fixture->texts);
	close_fd(&fixture->kept);
	descriptors_pair_done(&fixture->pair);
}

static void take_all(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static const char *text_of(const struct fixture *fixture, guint i)
{
	g_assert_cmpuint(i, <, fixture->texts->len);
	return g_ptr_array_index(fixture->texts, i);
}

static JsonNode *details(const char *text)
{
	JsonNode *node = json_from_string(text, NULL);

	g_assert_nonnull(node);
	return node;
}

static void test_event(void)
{
	struct fixture fixture;

	fixture_init(&fixture);
	notifier_event(fixture.notifier, "denied", details("{\"port\":25}"));
	notifier_event(fixture.notifier, "bare", NULL);
	take_all();
	g_assert_cmpstr(text_of(&fixture, 0), ==,
			"{\"port\":25,\"notice\":\"event\",\"event\":\"denied\"}");
	g_assert_cmpstr(text_of(&fixture, 1), ==, "{\"notice\":\"event\",\"event\":\"bare\"}");
	fixture_done(&fixture);
}

static void test_descriptors(void)
{
	struct fixture fixture;

	fixture_init(&fixture);
	const int fds[] = {fixture.pair.to, fixture.pair.from};
	g_assert_true(notifier_tell(fixture.notifier, "ports", details("{}"), fds,
				    G_N_ELEMENTS(fds), NULL));
	take_all();
	g_assert_cmpuint(fixture.n_fds, ==, 2);
	g_assert_true(descriptors_is_copy(fixture.pair.from, fixture.kept));
	fixture_done(&fixture);
}

static void test_flood(void)
{
	struct fixture fixture;
	gint64 lost = 0;

	fixture_init(&fixture);
	for (unsigned i = 0; i < FLOOD; i++)
		notifier_event(fixture.notifier, "denied", NULL);
	take_all();
	guint n_told = fixture.texts->len;
	g_assert_cmpuint(n_told, >, 0);
	g_assert_cmpuint(n_told, <, FLOOD);
	notifier_event(fixture.notifier, "next", NULL);
	take_all();
	g_autoptr(JsonNode) next = details(text_of(&fixture, n_told));
	lost = json_object_get_int_member(json_node_get_object(next), "lost");
	g_assert_cmpint(lost, ==, FLOOD - n_told);
	fixture_done(&fixture);
}

/* What must arrive waits, but not for ever. */
static void test_full(void)
{
	struct fixture fixture;
	g_autoptr(GError) error = NULL;

	fixture_init(&fixture);
	for (unsigned i = 0; i < FLOOD; i++)
		notifier_event(fixture.notifier, "denied", NULL);
	g_assert_false(notifier_tell(fixture.notifier, "ports", details("{}"), NULL, 0, &error));
	g_assert_error(error, FAILURE, ETIMEDOUT);
	take_all();
	g_assert_true(notifier_tell(fixture.notifier, "ports", details("{}"), NULL, 0, NULL));
	fixture_done(&fixture);
}

static void test_launcher_gone(void)
{
	struct fixture fixture;
	g_autoptr(GError) error = NULL;

	fixture_init(&fixture);
	notices_free(g_steal_pointer(&fixture.notices));
	close_fd(&fixture.pair.from);
	notifier_event(fixture.notifier, "denied", NULL);
	g_assert_false(notifier_tell(fixture.notifier, "ports", details("{}"), NULL, 0, &error));
	g_assert_error(error, FAILURE, EPIPE);
	fixture_done(&fixture);
}

/* The last words of one that has died are heard, and its end does not keep the loop busy. */
static void test_forwarder_gone(void)
{
	struct fixture fixture;

	fixture_init(&fixture);
	notifier_event(fixture.notifier, "denied", NULL);
	close_fd(&fixture.pair.to);
	take_all();
	g_assert_cmpuint(fixture.texts->len, ==, 1);
	g_assert_false(g_main_context_pending(NULL));
	fixture_done(&fixture);
}

static void test_garbage(void)
{
	static const char *const garbage[] = {"{", "[]", "7", "{}", "{\"notice\":7}", "\xff"};
	struct fixture fixture;

	fixture_init(&fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(garbage); i++)
		g_assert_true(fdpass_send(fixture.pair.to, garbage[i], strlen(garbage[i]),
					  &fixture.pair.to, 1, NULL));
	notifier_event(fixture.notifier, "after", NULL);
	take_all();
	g_assert_cmpuint(fixture.texts->len, ==, 1);
	fixture_done(&fixture);
}

static void test_nobody(void)
{
	struct notifier *notifier = notifier_new(-1);

	notifier_event(notifier, "denied", details("{}"));
	g_assert_true(notifier_tell(notifier, "ports", details("{}"), NULL, 0, NULL));
	notifier_free(notifier);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/notices/event", test_event);
	g_test_add_func("/notices/descriptors", test_descriptors);
	g_test_add_func("/notices/flood", test_flood);
	g_test_add_func("/notices/full", test_full);
	g_test_add_func("/notices/launcher-gone", test_launcher_gone);
	g_test_add_func("/notices/forwarder-gone", test_forwarder_gone);
	g_test_add_func("/notices/garbage", test_garbage);
	g_test_add_func("/notices/nobody", test_nobody);
	return g_test_run();
}
