/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_control_rate - the limits of bandwidth, over the control socket and to the launcher */
#include <errno.h>

#include <glib.h>

#include "launcher/successor.h"
#include "src/autoclose.h"
#include "src/fdpass.h"
#include "src/handoff_message.h"
#include "src/notice.h"
#include "tests/unit/control_fixture.h"
#include "tests/unit/descriptors.h"

/* A container whose launcher is at the other end of a pair. */
struct fixture {
	struct control_fixture control;
	struct descriptors_pair pair;
	struct rate_service rates;
};

static void open_fixture(struct fixture *fixture)
{
	/* It keeps descriptors of its own. */
	g_main_context_default();
	control_fixture_init(&fixture->control);
	descriptors_pair_init(&fixture->pair);
	fixture->rates = (struct rate_service){
		.limiter = limiter_new(&(struct rates){{{0}}}),
		.notifier = notifier_new(fixture->pair.to),
	};
	fixture->control.context.rates = &fixture->rates;
}

static void close_fixture(struct fixture *fixture)
{
	limiter_free(fixture->rates.limiter);
	notifier_free(fixture->rates.notifier);
	descriptors_pair_done(&fixture->pair);
	control_fixture_done(&fixture->control);
}

static uint64_t bits(const struct fixture *fixture, enum rate_direction direction)
{
	return limiter_rates(fixture->rates.limiter)->of[direction].bits;
}

static void assert_reply(const struct fixture *fixture, const char *request, const char *pattern)
{
	g_autofree char *reply = control_fixture_execute(&fixture->control, request);

	if (!g_pattern_match_simple(pattern, reply))
		g_error("%s: %s is not %s", request, reply, pattern);
}

static void test_set(void)
{
	struct fixture fixture;

	open_fixture(&fixture);
	assert_reply(&fixture, "{\"execute\":\"rate\"}",
		     "{\"return\":{\"rates\":{\"in\":{\"rate\":null,*\"out\":{\"rate\":null,*");
	assert_reply(&fixture, "{\"execute\":\"rate_set\",\"arguments\":{\"in\":\"100mbit\"}}",
		     "*\"in\":{\"rate\":100000000,\"burst\":625000,*\"out\":{\"rate\":null,*");
	assert_reply(&fixture,
		     "{\"execute\":\"rate_set\",\"arguments\":{\"in\":\"unlimited\","
		     "\"out\":\"1mbit,burst=1m\"}}",
		     "*\"in\":{\"rate\":null,*\"out\":{\"rate\":1000000,\"burst\":1048576,*");
	assert_reply(&fixture, "{\"execute\":\"rate\"}", "*\"in\":{\"rate\":null,*");
	g_assert_cmpuint(bits(&fixture, RATE_OUT), ==, 1000000);
	close_fixture(&fixture);
}

/* All that is asked for or nothing. */
static void test_refused(void)
{
	static const char *const arguments[] = {
		"",
		"\"in\":7",
		"\"in\":null",
		"\"up\":\"1mbit\"",
		"\"in\":\"fast\"",
		"\"in\":\"1mbit\",\"out\":\"999\"",
		"\"in\":\"1mbit\",\"out\":[]",
	};
	struct fixture fixture;

	open_fixture(&fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(arguments); i++) {
		g_autofree char *request = g_strdup_printf(
			"{\"execute\":\"rate_set\",\"arguments\":{%s}}", arguments[i]);

		assert_reply(&fixture, request, "{\"error\":*");
		g_assert_cmpuint(bits(&fixture, RATE_IN), ==, 0);
	}
	fixture.control.context.rates = NULL;
	assert_reply(&fixture, "{\"execute\":\"rate\"}", "*EOPNOTSUPP*");
	assert_reply(&fixture, "{\"execute\":\"rate_set\",\"arguments\":{\"in\":\"1mbit\"}}",
		     "*EOPNOTSUPP*");
	close_fixture(&fixture);
}

/* The next forwarder is started with what holds; where nobody can be told, nothing changes. */
static void test_successor(void)
{
	struct fixture fixture;
	struct handoff_start start;
	int fds[FDPASS_MAX_FDS];
	size_t n_fds;

	open_fixture(&fixture);
	handoff_start_init(&start);
	const struct successor successor = {&start, start.fds};
	assert_reply(&fixture, "{\"execute\":\"rate_set\",\"arguments\":{\"out\":\"3mbit\"}}",
		     "{\"return\":*");
	g_autoptr(JsonNode) node = handoff_message_receive(fixture.pair.from, fds, &n_fds, NULL);
	g_assert_nonnull(node);
	JsonObject *notice = json_node_get_object(node);
	g_assert_cmpstr(json_object_get_string_member(notice, "notice"), ==, NOTICE_RATES);
	successor_take_notice(&successor, NOTICE_RATES, notice, fds, n_fds);
	g_assert_cmpuint(start.rates.of[RATE_OUT].bits, ==, 3000000);
	g_autoptr(JsonNode) wrong = json_from_string("{\"rates\":5}", NULL);
	successor_take_notice(&successor, NOTICE_RATES, json_node_get_object(wrong), fds, 0);
	g_assert_cmpuint(start.rates.of[RATE_OUT].bits, ==, 3000000);
	close_fd(&fixture.pair.from);
	assert_reply(&fixture, "{\"execute\":\"rate_set\",\"arguments\":{\"out\":\"5mbit\"}}",
		     "{\"error\":*");
	g_assert_cmpuint(bits(&fixture, RATE_OUT), ==, 3000000);
	handoff_start_done(&start);
	close_fixture(&fixture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/control_rate/set", test_set);
	g_test_add_func("/control_rate/refused", test_refused);
	g_test_add_func("/control_rate/successor", test_successor);
	return g_test_run();
}
