/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_rule_json - a published port or range as a JSON object, with slirp4netns's keys */
#include <errno.h>
#include <limits.h>

#include "src/failure.h"
#include "src/json_add.h"
#include "src/port_rule.h"

static const char *const proxy_names[] = {"", "v1", "v2"};

JsonNode *port_rule_to_json(const struct port_rule *rule)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	json_add_int(builder, "id", rule->id);
	json_add_string(builder, "proto", rule->protocol == IPPROTO_UDP ? "udp" : "tcp");
	json_add_address(builder, "host_addr", &rule->host);
	json_add_int(builder, "host_port", rule->host_first);
	if (port_rule_size(rule) > 1)
		json_add_int(builder, "host_port_end", rule->host_last);
	json_add_address(builder, "guest_addr", &rule->guest);
	json_add_int(builder, "guest_port", rule->guest_first);
	if (rule->interface[0])
		json_add_string(builder, "interface", rule->interface);
	if (rule->proxy_version)
		json_add_string(builder, "proxy_protocol", proxy_names[rule->proxy_version]);
	if (rule->source[0])
		json_add_string(builder, "fd", rule->source);
	json_builder_end_object(builder);
	return json_builder_get_root(builder);
}

static bool bad_member(const char *name, GError **error)
{
	failure_set(error, EINVAL, NULL, "a port's '%s' is missing or wrong", name);
	return false;
}

/* A whole number from minimum to maximum; an absent member leaves *value as it is. */
static bool take_number(JsonObject *object, const char *name, gint64 minimum, gint64 maximum,
			gint64 *value)
{
	JsonNode *node = json_object_get_member(object, name);

	if (node) {
		if (json_node_get_value_type(node) != JSON_VALUE_INT64)
			return false;
		*value = json_node_get_int(node);
	}
	return *value >= minimum && *value <= maximum;
}

/* An absent member and "" leave *address unset. */
static bool take_address(JsonObject *object, const char *name, struct ip_address *address)
{
	JsonNode *node = json_object_get_member(object, name);

	if (!node)
		return true;
	if (json_node_get_value_type(node) != JSON_VALUE_STRING)
		return false;
	const char *text = json_node_get_string(node);
	return text[0] == '\0' || ip_address_parse(text, address, NULL);
}

/* An absent member is "", one of another type NULL. */
static const char *take_text(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	if (!node)
		return "";
	return json_node_get_value_type(node) == JSON_VALUE_STRING ? json_node_get_string(node)
								   : NULL;
}

static bool take_protocol(JsonObject *object, int *ret_protocol)
{
	const char *text = take_text(object, "proto");

	if (g_strcmp0(text, "tcp") == 0)
		*ret_protocol = IPPROTO_TCP;
	else if (g_strcmp0(text, "udp") == 0)
		*ret_protocol = IPPROTO_UDP;
	else
		return false;
	return true;
}

static bool take_name(JsonObject *object, const char *name, bool (*is_valid)(const char *text),
		      char *ret_text, size_t size)
{
	const char *text = take_text(object, name);

	if (!text || (*text && !is_valid(text)))
		return false;
	g_strlcpy(ret_text, text, size);
	return true;
}

static bool take_proxy(JsonObject *object, struct port_rule *rule)
{
	const char *text = take_text(object, "proxy_protocol");

	for (unsigned i = 0; i < G_N_ELEMENTS(proxy_names); i++) {
		if (g_strcmp0(text, proxy_names[i]) != 0)
			continue;
		rule->proxy_version = i;
		return i == 0 || rule->protocol == IPPROTO_TCP;
	}
	return false;
}

bool port_rule_from_json(JsonObject *object, struct port_rule *ret_rule, GError **error)
{
	struct port_rule rule = {0};
	gint64 id = 0, first = -1, guest = -1;

	if (!take_number(object, "id", 0, UINT_MAX, &id))
		return bad_member("id", error);
	if (!take_protocol(object, &rule.protocol))
		return bad_member("proto", error);
	if (!take_address(object, "host_addr", &rule.host))
		return bad_member("host_addr", error);
	if (!take_number(object, "host_port", 0, UINT16_MAX, &first))
		return bad_member("host_port", error);
	gint64 last = first;
	if (!take_number(object, "host_port_end", first, first ? UINT16_MAX : 0, &last))
		return bad_member("host_port_end", error);
	if (!take_address(object, "guest_addr", &rule.guest))
		return bad_member("guest_addr", error);
	if (!take_number(object, "guest_port", 1, UINT16_MAX - (last - first), &guest))
		return bad_member("guest_port", error);
	if (!take_name(object, "interface", port_rule_is_interface, rule.interface,
		       sizeof(rule.interface)))
		return bad_member("interface", error);
	if (!take_name(object, "fd", port_rule_is_source, rule.source, sizeof(rule.source)))
		return bad_member("fd", error);
	if (!take_proxy(object, &rule))
		return bad_member("proxy_protocol", error);

	rule.id = (unsigned)id;
	rule.host_first = (uint16_t)first;
	rule.host_last = (uint16_t)last;
	rule.guest_first = (uint16_t)guest;
	*ret_rule = rule;
	return true;
}
