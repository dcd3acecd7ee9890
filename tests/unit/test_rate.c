/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_rate - the grammar of a rate, and how launcher and forwarder tell each other of it */
#include <errno.h>

#include <glib.h>

#include "src/failure.h"
#include "src/rate.h"

static void test_units(void)
{
	static const struct {
		const char *text;
		uint64_t bits, burst;
	} cases[] = {
		{"unlimited", 0, 0},
		{"1000", 1000, 0},
		{"1kbit", 1000, 0},
		{"1k", 1000, 0},
		{"100mbit", 100000000, 0},
		{"100MBIT", 100000000, 0},
		{"100Mbit", 100000000, 0},
		{"10M", 10000000, 0},
		{"1.5gbit", 1500000000, 0},
		{".5gbit", 500000000, 0},
		{"10tbit", RATE_MAX, 0},
		{"1kibit", 1024, 0},
		{"1mibit", 1048576, 0},
		{"12500kbps", 100000000, 0},
		{"12.5MBps", 100000000, 0},
		{"125bps", 1000, 0},
		{"1mibps", 8388608, 0},
		{"1000bit", 1000, 0},
		{"100mbit,burst=256k", 100000000, 262144},
		{"100mbit,burst=0", 100000000, 0},
		{"1gbit,burst=1.5MiB", 1000000000, 1572864},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct rate rate;

		g_assert_true(rate_parse(cases[i].text, &rate, &error));
		g_assert_no_error(error);
		g_assert_cmpuint(rate.bits, ==, cases[i].bits);
		g_assert_cmpuint(rate.burst, ==, cases[i].burst);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{"", EINVAL},
		{"x", EINVAL},
		{"fast", EINVAL},
		{"-1mbit", EINVAL},
		{"+1mbit", EINVAL},
		{" 1mbit", EINVAL},
		{"1 mbit", EINVAL},
		{"1mbit ", EINVAL},
		{"mbit", EINVAL},
		{"1mb", EINVAL},
		{"1mi", EINVAL},
		{"1mbit/s", EINVAL},
		{"1pbit", EINVAL},
		{"0x100000", EINVAL},
		{"1e6", EINVAL},
		{"1mbit,", EINVAL},
		{"1mbit,burst", EINVAL},
		{"1mbit,burst=", EINVAL},
		{"1mbit,burst=x", EINVAL},
		{"1mbit,burst=1k,burst=1k", EINVAL},
		{"1mbit,burst=-1", EINVAL},
		{"1mbit:256k", EINVAL},
		{"unlimited,burst=1k", EINVAL},
		{"\n", EINVAL},
		{"0", ERANGE},
		{"0mbit", ERANGE},
		{"0.0001kbit", ERANGE},
		{"999", ERANGE},
		{"999bit", ERANGE},
		{"10.1tbit", ERANGE},
		{"99999999999999999999999tbit", ERANGE},
		{"1mbit,burst=4g", ERANGE},
		{"1mbit,burst=99999999999999999999", ERANGE},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct rate rate = {7, 8};

		g_assert_false(rate_parse(cases[i].text, &rate, &error));
		g_assert_error(error, FAILURE, cases[i].code);
		g_assert_cmpuint(rate.bits, ==, 7);
		g_assert_cmpuint(rate.burst, ==, 8);
	}
}

/* What is printed is parsed to the same. */
static void test_to_string(void)
{
	static const struct {
		struct rate rate;
		const char *text;
	} cases[] = {
		{{0, 0}, "unlimited"},
		{{1000, 0}, "1kbit"},
		{{1001, 0}, "1001bit"},
		{{100000000, 0}, "100mbit"},
		{{1500000000, 0}, "1500mbit"},
		{{RATE_MAX, 0}, "10tbit"},
		{{1048576, 4096}, "1048576bit,burst=4096"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = rate_to_string(&cases[i].rate);
		struct rate again;

		g_assert_cmpstr(text, ==, cases[i].text);
		g_assert_true(rate_parse(text, &again, NULL));
		g_assert_cmpuint(again.bits, ==, cases[i].rate.bits);
		g_assert_cmpuint(again.burst, ==, cases[i].rate.burst);
	}
}

static void test_direction(void)
{
	enum rate_direction direction = RATE_OUT;

	g_assert_true(rate_direction_parse("in", &direction));
	g_assert_cmpint(direction, ==, RATE_IN);
	g_assert_true(rate_direction_parse(rate_direction_name(RATE_OUT), &direction));
	g_assert_cmpint(direction, ==, RATE_OUT);
	g_assert_false(rate_direction_parse("", &direction));
	g_assert_false(rate_direction_parse("up", &direction));
	g_assert_cmpint(direction, ==, RATE_OUT);
}

static bool read_text(const char *text, struct rates *ret_rates, GError **error)
{
	g_autoptr(JsonNode) node = json_from_string(text, NULL);

	g_assert_nonnull(node);
	return rates_read(json_node_get_object(node), ret_rates, error);
}

static void test_round_trip(void)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	const struct rates sent = {.of[RATE_OUT] = {100000000, 65536}};
	struct rates received = {.of[RATE_IN] = {5000, 0}};

	json_builder_begin_object(builder);
	rates_add(&sent, builder);
	json_builder_end_object(builder);
	g_autoptr(JsonNode) node = json_builder_get_root(builder);
	g_assert_true(rates_read(json_node_get_object(node), &received, NULL));
	g_assert_cmpuint(received.of[RATE_IN].bits, ==, 0);
	g_assert_cmpuint(received.of[RATE_OUT].bits, ==, 100000000);
	g_assert_cmpuint(received.of[RATE_OUT].burst, ==, 65536);
}

/* A launcher of an older version knows nothing of it. */
static void test_absent(void)
{
	struct rates received = {.of[RATE_IN] = {5000, 0}};

	g_assert_true(read_text("{}", &received, NULL));
	g_assert_cmpuint(received.of[RATE_IN].bits, ==, 0);
}

/* No limit is not what was meant. */
static void test_malformed(void)
{
	static const char *const texts[] = {
		"{\"rates\":5}",
		"{\"rates\":null}",
		"{\"rates\":{\"in\":5}}",
		"{\"rates\":{\"in\":null}}",
		"{\"rates\":{\"in\":{}}}",
		"{\"rates\":{\"in\":{\"bits\":0}}}",
		"{\"rates\":{\"in\":{\"bits\":999}}}",
		"{\"rates\":{\"in\":{\"bits\":-1}}}",
		"{\"rates\":{\"in\":{\"bits\":\"1000\"}}}",
		"{\"rates\":{\"in\":{\"bits\":10000000000001}}}",
		"{\"rates\":{\"out\":{\"bits\":1000,\"burst\":-1}}}",
		"{\"rates\":{\"out\":{\"bits\":1000,\"burst\":4294967296}}}",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct rates received = {.of[RATE_IN] = {5000, 0}};
		g_autoptr(GError) error = NULL;

		g_assert_false(read_text(texts[i], &received, &error));
		g_assert_error(error, FAILURE, EBADMSG);
		g_assert_cmpuint(received.of[RATE_IN].bits, ==, 5000);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rate/units", test_units);
	g_test_add_func("/rate/refused", test_refused);
	g_test_add_func("/rate/to_string", test_to_string);
	g_test_add_func("/rate/direction", test_direction);
	g_test_add_func("/rate/round_trip", test_round_trip);
	g_test_add_func("/rate/absent", test_absent);
	g_test_add_func("/rate/malformed", test_malformed);
	return g_test_run();
}
