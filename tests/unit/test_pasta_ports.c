/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_pasta_ports - pasta's SPECs, and the rules that they become */
#include <netinet/in.h>
#include <string.h>

#include <glib.h>

#include "plugins/pasta/listening.h"
#include "plugins/pasta/port_spec.h"
#include "src/failure.h"
#include "src/port_rule.h"

/* The rules in one line, each as netns-run writes it. */
static char *rules_of(const struct port_spec *spec)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < spec->rules->len; i++) {
		g_autofree char *rule =
			port_rule_to_string(&g_array_index(spec->rules, struct port_rule, i));
		g_string_append_printf(text, "%s%s", i ? " " : "", rule);
	}
	return g_string_free(text, FALSE);
}

static void assert_rules(int protocol, const char *text, const char *expected)
{
	g_autoptr(GError) error = NULL;
	struct port_spec spec;

	port_spec_init(&spec, protocol);
	g_assert_true(port_spec_add(&spec, text, &error));
	g_assert_no_error(error);
	g_autofree char *rules = rules_of(&spec);
	g_assert_cmpstr(rules, ==, expected);
	g_assert_cmpint(spec.mode, ==, PORT_MODE_SPECIFIC);
	port_spec_done(&spec);
}

/* The examples of pasta(1), and what podman writes. */
static void test_rules(void)
{
	static const char *const cases[][2] = {
		{"22", "22:22/tcp"},
		{"22:23", "22:23/tcp"},
		{"22,25", "22:22/tcp 25:25/tcp"},
		{"22-80", "22-80:22-80/tcp"},
		{"22-80:32-90", "22-80:32-90/tcp"},
		{"192.0.2.1/22", "192.0.2.1:22:22/tcp"},
		{"192.0.2.1%eth0/22", "192.0.2.1%eth0:22:22/tcp"},
		{"%eth0/22", "eth0:22:22/tcp"},
		{"2000-5000,~3000-3010", "2000-2999:2000-2999/tcp 3011-5000:3011-5000/tcp"},
		{"192.0.2.1/20-30,~25", "192.0.2.1:20-24:20-24/tcp 192.0.2.1:26-30:26-30/tcp"},
		{"5-25,~10-20", "5-9:5-9/tcp 21-25:21-25/tcp"},
		{"~10-20,5-25", "5-9:5-9/tcp 21-25:21-25/tcp"},
		{"127.0.0.1/8080-8080:80-80", "127.0.0.1:8080:80/tcp"},
		{"[::1]/8080-8081:80-81", "[::1]:8080-8081:80-81/tcp"},
		{"::1/8080", "[::1]:8080:8080/tcp"},
		{"80,81", "80-81:80-81/tcp"},
		{"80:90,81:91,82:95", "80-81:90-91/tcp 82:95/tcp"},
		{"80,,81,", "80-81:80-81/tcp"},
		{"80,80:81", "80:81/tcp"},
		{"0080", "80:80/tcp"},
		{"65535", "65535:65535/tcp"},
		{"80,~80", ""},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_rules(IPPROTO_TCP, cases[i][0], cases[i][1]);
	assert_rules(IPPROTO_UDP, "53", "53:53/udp");
}

static void test_refused(void)
{
	static const char *const cases[] = {
		"",	   "x",	     "80:81-82", "1-2:5-9",	 "none,80",	     "70000",
		"5-1",	   "all,80", "auto,80",	 "/80",		 "1.2.3.4/",	     "80:",
		"80-",	   "0",	     "80:0",	 "1.2.3.4/auto", "1.2.3.4/~80",	     "+1",
		"80 ",	   "-80",    "80:81:82", "%/80",	 "1.2.3.4%/80",	     "[::1/80",
		"1.2.3/8", "~",	     "~x",	 "80~81",	 "192.0.2.1%e th/8", "65536",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *expected = g_strdup_printf("Invalid port specifier %s", cases[i]);
		g_autoptr(GError) error = NULL;
		struct port_spec spec;

		port_spec_init(&spec, IPPROTO_TCP);
		g_assert_false(port_spec_add(&spec, cases[i], &error));
		g_assert_cmpstr(error->message, ==, expected);
		g_assert_cmpuint(spec.rules->len, ==, 0);
		port_spec_done(&spec);
	}
}

/* Several SPECs of one option, as podman writes one for each published port. */
static void test_several(void)
{
	struct port_spec spec;

	port_spec_init(&spec, IPPROTO_TCP);
	g_assert_true(port_spec_add(&spec, "8080-8080:80-80", NULL));
	g_assert_true(port_spec_add(&spec, "127.0.0.1/9000-9000:90-90", NULL));
	g_autofree char *rules = rules_of(&spec);
	g_assert_cmpstr(rules, ==, "8080:80/tcp 127.0.0.1:9000:90/tcp");
	port_spec_done(&spec);
}

static void assert_conflict(const char *first, const char *second, const char *message)
{
	g_autoptr(GError) error = NULL;
	struct port_spec spec;

	port_spec_init(&spec, IPPROTO_TCP);
	g_assert_true(port_spec_add(&spec, first, NULL));
	g_assert_false(port_spec_add(&spec, second, &error));
	g_assert_cmpstr(error->message, ==, message);
	port_spec_done(&spec);
}

static void test_modes(void)
{
	static const char specific[] =
		"Specific ports cannot be specified together with all/none/auto";

	assert_conflict("none", "80", specific);
	assert_conflict("auto", "80", specific);
	assert_conflict("80", "none", "Port forwarding mode 'none' conflicts with previous mode");
	assert_conflict("auto", "none", "Port forwarding mode 'none' conflicts with previous mode");
}

static bool is_even(int protocol G_GNUC_UNUSED, unsigned port)
{
	return port % 2 == 0;
}

static bool is_any(int protocol G_GNUC_UNUSED, unsigned port G_GNUC_UNUSED)
{
	return true;
}

static void test_all(void)
{
	struct port_spec spec;

	port_spec_init(&spec, IPPROTO_TCP);
	g_assert_true(port_spec_add(&spec, "~1-1023", NULL));
	g_assert_cmpint(spec.mode, ==, PORT_MODE_ALL);
	port_spec_expand_all(&spec, 32768, 60999, is_any);
	g_autofree char *rules = rules_of(&spec);
	g_assert_cmpstr(rules, ==, "1024-32767:1024-32767/tcp 61000-65535:61000-65535/tcp");
	port_spec_done(&spec);

	port_spec_init(&spec, IPPROTO_UDP);
	g_assert_true(port_spec_add(&spec, "all", NULL));
	port_spec_expand_all(&spec, 5, 65535, is_even);
	g_autofree char *even = rules_of(&spec);
	g_assert_cmpstr(even, ==, "2:2/udp 4:4/udp");
	port_spec_done(&spec);
}

/* Lines of /proc/net/tcp and its kin: what is open to others, and is no client's. */
static void test_auto(void)
{
	static const struct {
		int protocol;
		unsigned port; /* that is found, or 0 */
		const char *line;
	} cases[] = {
		{IPPROTO_TCP, 80, "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:0"},
		{IPPROTO_TCP, 80,
		 "   1: 00000000000000000000000000000000:0050 "
		 "00000000000000000000000000000000:0000 0A 00000000:00000000"},
		{IPPROTO_TCP, 40000, "  12: 4D0200C0:9C40 00000000:0000 0A 00000000:00000000"},
		{IPPROTO_TCP, 0, "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000"},
		{IPPROTO_TCP, 0, "   0: 00000000:0050 0200A8C0:1234 01 00000000:00000000"},
		{IPPROTO_TCP, 0,
		 "   1: 00000000000000000000000001000000:0050 "
		 "00000000000000000000000000000000:0000 0A 00000000:00000000"},
		{IPPROTO_TCP, 0,
		 "   1: 0000000000000000FFFF00000100007F:0050 "
		 "00000000000000000000000000000000:0000 0A 00000000:00000000"},
		{IPPROTO_UDP, 53, "  31: 00000000:0035 00000000:0000 07 00000000:00000000"},
		{IPPROTO_UDP, 0, "  31: 00000000:9C40 00000000:0000 07 00000000:00000000"},
		{IPPROTO_UDP, 0, "  31: 00000000:0035 0200A8C0:1234 01 00000000:00000000"},
		{IPPROTO_TCP, 0, "  sl  local_address rem_address   st tx_queue rx_queue"},
		{IPPROTO_TCP, 0, "   0: 00000000:0050 00000000:0000"},
		{IPPROTO_TCP, 0, ""},
	};
	g_autofree bool *listening = g_new0(bool, 65536);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		listening_read_line(cases[i].line, cases[i].protocol, listening);
		for (unsigned port = 0; port < 65536; port++)
			g_assert_true(listening[port] == (port == cases[i].port && port > 0));
		listening[cases[i].port] = false;
	}
}

static void test_loopback(void)
{
	static const struct {
		uint8_t families;
		const char *line;
	} cases[] = {
		{LISTENING_V4, "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000"},
		{LISTENING_V4, "   0: 00000000:0050 00000000:0000 0A 00000000:00000000"},
		{0, "   0: 0200A8C0:0050 00000000:0000 0A 00000000:00000000"},
		{0, "   0: 0100007F:0050 00000000:0000 01 00000000:00000000"},
		{LISTENING_V6, "   1: 00000000000000000000000001000000:0050 "
			       "00000000000000000000000000000000:0000 0A 00000000:00000000"},
		{LISTENING_V4 | LISTENING_V6,
		 "   1: 00000000000000000000000000000000:0050 "
		 "00000000000000000000000000000000:0000 0A 00000000:00000000"},
		{LISTENING_V4, "   1: 0000000000000000FFFF00000100007F:0050 "
			       "00000000000000000000000000000000:0000 0A 00000000:00000000"},
		{0, ""},
	};
	g_autofree uint8_t *families = g_new0(uint8_t, 65536);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		listening_read_loopback_line(cases[i].line, families);
		g_assert_cmpuint(families[80], ==, cases[i].families);
		families[80] = 0;
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pasta-ports/rules", test_rules);
	g_test_add_func("/pasta-ports/refused", test_refused);
	g_test_add_func("/pasta-ports/loopback", test_loopback);
	g_test_add_func("/pasta-ports/several", test_several);
	g_test_add_func("/pasta-ports/modes", test_modes);
	g_test_add_func("/pasta-ports/all", test_all);
	g_test_add_func("/pasta-ports/auto", test_auto);
	return g_test_run();
}
