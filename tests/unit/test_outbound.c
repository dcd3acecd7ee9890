/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_outbound - what launcher and forwarder tell each other of the way out */
#include <errno.h>

#include <glib.h>

#include "src/failure.h"
#include "src/outbound.h"

static bool read_text(const char *text, struct outbound *ret_outbound, GError **error)
{
	g_autoptr(JsonNode) node = json_from_string(text, NULL);

	g_assert_nonnull(node);
	return outbound_read(json_node_get_object(node), ret_outbound, error);
}

static void test_round_trip(void)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	struct outbound sent = {.interface = "wan0", .bypasses_proxy = true}, received;

	g_assert_true(proxy_parse("socks5h://me:pw@[::1]:9050", &sent.proxy, NULL));

	json_builder_begin_object(builder);
	outbound_add(&sent, builder);
	json_builder_end_object(builder);
	g_autoptr(JsonNode) node = json_builder_get_root(builder);
	g_assert_true(outbound_read(json_node_get_object(node), &received, NULL));
	g_assert_cmpstr(received.interface, ==, "wan0");
	g_assert_true(received.bypasses_proxy);
	g_assert_cmpint(received.proxy.kind, ==, PROXY_SOCKS5H);
	g_assert_true(ip_address_equal(&received.proxy.address, &sent.proxy.address));
	g_assert_cmpuint(received.proxy.port, ==, 9050);
	g_assert_cmpstr(received.proxy.user, ==, "me");
	g_assert_cmpstr(received.proxy.password, ==, "pw");
}

/* A launcher of an older version knows nothing of it. */
static void test_absent(void)
{
	struct outbound received = {.interface = "old"};

	g_assert_true(read_text("{}", &received, NULL));
	g_assert_cmpstr(received.interface, ==, "");
	g_assert_true(read_text("{\"outbound\":{}}", &received, NULL));
	g_assert_cmpstr(received.interface, ==, "");
}

/* To go out by whichever way is not what was meant. */
static void test_malformed(void)
{
	static const char *const texts[] = {
		"{\"outbound\":5}",
		"{\"outbound\":null}",
		"{\"outbound\":[]}",
		"{\"outbound\":{\"interface\":7}}",
		"{\"outbound\":{\"interface\":null}}",
		"{\"outbound\":{\"interface\":\"\"}}",
		"{\"outbound\":{\"interface\":\"a/b\"}}",
		"{\"outbound\":{\"interface\":\"sixteen-letters-\"}}",
		"{\"outbound\":{\"proxy\":\"http://a\"}}",
		"{\"outbound\":{\"proxy\":{}}}",
		"{\"outbound\":{\"proxy\":{\"kind\":\"ftp\",\"address\":\"::1\",\"port\":1,"
		"\"user\":\"\",\"password\":\"\"}}}",
		"{\"outbound\":{\"proxy\":{\"kind\":\"http\",\"address\":\"::1\",\"port\":0,"
		"\"user\":\"\",\"password\":\"\"}}}",
		"{\"outbound\":{\"proxy\":{\"kind\":\"http\",\"address\":\"host\",\"port\":1,"
		"\"user\":\"\",\"password\":\"\"}}}",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct outbound received = {.interface = "old"};
		g_autoptr(GError) error = NULL;

		g_assert_false(read_text(texts[i], &received, &error));
		g_assert_error(error, FAILURE, EBADMSG);
		g_assert_cmpstr(received.interface, ==, "old");
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/outbound/round-trip", test_round_trip);
	g_test_add_func("/outbound/absent", test_absent);
	g_test_add_func("/outbound/malformed", test_malformed);
	return g_test_run();
}
