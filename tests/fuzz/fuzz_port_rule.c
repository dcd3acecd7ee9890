/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_port_rule - rules as text and as JSON; what is accepted survives the way there and back */
#include <string.h>

#include <glib.h>

#include "src/failure.h"
#include "src/port_rule.h"
#include "tests/fuzz/fuzz.h"

static void check_rule(const struct port_rule *rule)
{
	g_assert(rule->protocol == IPPROTO_TCP || rule->protocol == IPPROTO_UDP);
	g_assert(rule->host_first <= rule->host_last);
	g_assert(port_rule_size(rule) >= 1);
}

static void check_same(const struct port_rule *a, const struct port_rule *b)
{
	g_assert(a->protocol == b->protocol);
	g_assert(ip_address_equal(&a->host, &b->host));
	g_assert(a->host_first == b->host_first && a->host_last == b->host_last);
	g_assert(a->guest_first == b->guest_first);
	g_assert(a->proxy_version == b->proxy_version);
	g_assert(g_str_equal(a->interface, b->interface));
	/* Of an inherited socket whose address is known, the text has that. */
	g_assert(a->host_first || g_str_equal(a->source, b->source));
}

static void check_text(const char *text)
{
	struct port_rule rule, again;
	g_autoptr(GError) error = NULL;

	if (!port_rule_parse(text, &rule, &error)) {
		g_assert(error && error->domain == FAILURE);
		return;
	}
	check_rule(&rule);
	g_assert(rule.guest_first + port_rule_size(&rule) - 1 <= 65535);
	g_autofree char *printed = port_rule_to_string(&rule);
	g_assert(port_rule_parse(printed, &again, NULL));
	check_same(&rule, &again);
	g_autoptr(JsonNode) node = port_rule_to_json(&rule);
	/* A host port that is still open is not on the list of what is published. */
	if (rule.host_first == 0)
		return;
	g_assert(port_rule_from_json(json_node_get_object(node), &again, NULL));
	check_same(&rule, &again);
}

static void check_host(const char *text)
{
	struct port_rule rule, again;

	if (!port_rule_parse_host(text, &rule, NULL))
		return;
	check_rule(&rule);
	g_autofree char *printed = port_rule_to_string(&rule);
	g_assert(port_rule_parse_host(printed, &again, NULL));
	check_same(&rule, &again);
}

static void check_json(const char *text)
{
	g_autoptr(JsonNode) node = NULL;
	struct port_rule rule;

	/* The parser recurses: nesting is for its callers to bound, as control_request.c does. */
	if (strlen(text) < 4096)
		node = json_from_string(text, NULL);
	if (!node || !JSON_NODE_HOLDS_OBJECT(node))
		return;
	if (port_rule_from_json(json_node_get_object(node), &rule, NULL))
		check_rule(&rule);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	check_text(text);
	check_host(text);
	check_json(text);
	return 0;
}
