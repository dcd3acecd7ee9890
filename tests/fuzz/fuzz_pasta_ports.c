/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_pasta_ports - pasta's SPECs, and the kernel's tables of sockets that "auto" reads */
#include <netinet/in.h>

#include <glib.h>

#include "plugins/pasta/listening.h"
#include "plugins/pasta/port_spec.h"
#include "src/failure.h"
#include "src/port_rule.h"
#include "tests/fuzz/fuzz.h"

static bool is_odd(int protocol G_GNUC_UNUSED, unsigned port)
{
	return port % 2;
}

/* What is accepted is a rule as netns-run has it, and reads as one. */
static void check_rules(const struct port_spec *spec)
{
	for (guint i = 0; i < spec->rules->len; i++) {
		const struct port_rule *rule = &g_array_index(spec->rules, struct port_rule, i);
		g_autofree char *text = port_rule_to_string(rule);
		struct port_rule again;

		g_assert(rule->host_first && rule->host_first <= rule->host_last);
		g_assert(rule->guest_first + port_rule_size(rule) - 1 <= 65535);
		/* The text cannot tell an interface of such a name from an address or a port. */
		if (g_ascii_isdigit(rule->interface[0]))
			continue;
		g_assert(port_rule_parse(text, &again, NULL));
		g_assert(again.host_first == rule->host_first);
		g_assert(again.host_last == rule->host_last);
		g_assert(again.guest_first == rule->guest_first);
		g_assert(ip_address_equal(&again.host, &rule->host));
		g_assert(g_str_equal(again.interface, rule->interface));
	}
}

/* As many SPECs as there are lines. */
static void check_specs(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 8);
	struct port_spec spec;

	port_spec_init(&spec, IPPROTO_TCP);
	for (char **line = lines; *line; line++) {
		g_autoptr(GError) error = NULL;
		guint before = spec.rules->len;
		bool ok = port_spec_add(&spec, *line, &error);
		g_assert(ok == !error);
		g_assert(ok || spec.rules->len == before);
	}
	check_rules(&spec);
	if (spec.mode == PORT_MODE_ALL)
		port_spec_expand_all(&spec, 32768, 60999, is_odd);
	port_spec_done(&spec);
}

static void check_table(const char *text)
{
	static bool listening[65536];
	static uint8_t families[65536];
	g_auto(GStrv) lines = g_strsplit(text, "\n", 0);

	for (char **line = lines; *line; line++)
		listening_read_line(*line, IPPROTO_TCP, listening);
	for (char **line = lines; *line; line++)
		listening_read_line(*line, IPPROTO_UDP, listening);
	for (char **line = lines; *line; line++)
		listening_read_loopback_line(*line, families);
	g_assert(!listening[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	check_specs(text);
	check_table(text);
	return 0;
}
