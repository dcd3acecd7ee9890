/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_rule - one published port or range: the grammar of --publish and of `netns-ctl port` */
#include "src/port_rule.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include "src/failure.h"

#define GRAMMAR "write it as [IP:]HOSTPORT[-END]:PORT[-END][/tcp|udp], for example 8080:80"

struct port_range {
	uint16_t first, last;
};

/* A rule's text cut into its parts; absent parts are NULL. */
struct rule_parts {
	char *address;
	bool in_brackets;
	char *host;
	char *guest;
	char *protocol;
};

static void rule_parts_done(struct rule_parts *parts)
{
	g_free(parts->address);
	g_free(parts->host);
	g_free(parts->guest);
	g_free(parts->protocol);
}

/* Takes "[IP]:" off the front of *rest. */
static bool split_brackets(const char *text, char **rest, struct rule_parts *parts, GError **error)
{
	char *end = strstr(*rest, "]:");

	if (!end) {
		failure_set(error, 0, "write it like [::1]:8080:80",
			    "'%s': no ']:' follows the address", text);
		return false;
	}
	parts->address = g_strndup(*rest + 1, (gsize)(end - *rest - 1));
	parts->in_brackets = true;
	*rest = end + 2;
	return true;
}

/* Gives the fields between the colons (without a bracketed address) their meaning. */
static bool assign_fields(const char *text, char **fields, struct rule_parts *parts, GError **error)
{
	unsigned n_fields = g_strv_length(fields);
	unsigned next = 0;

	if (n_fields + parts->in_brackets > 3) {
		failure_set(error, 0, "IPv6 addresses stand in brackets, for example [::1]:8080:80",
			    "'%s' has too many colons", text);
		return false;
	}
	if (!parts->in_brackets && (n_fields == 3 || strchr(fields[0], '.')))
		parts->address = g_strdup(fields[next++]);
	if (next < n_fields)
		parts->host = g_strdup(fields[next++]);
	if (next < n_fields)
		parts->guest = g_strdup(fields[next]);
	return true;
}

static bool split_rule(const char *text, struct rule_parts *parts, GError **error)
{
	g_autofree char *copy = g_strdup(text);
	char *rest = copy;
	char *slash = strchr(copy, '/');

	if (slash) {
		*slash = '\0';
		parts->protocol = g_strdup(slash + 1);
	}
	if (rest[0] == '[' && !split_brackets(text, &rest, parts, error))
		return false;
	g_auto(GStrv) fields = g_strsplit(rest, ":", -1);
	if (!fields[0]) {
		failure_set(error, 0, GRAMMAR, "'%s' names no port", text);
		return false;
	}
	return assign_fields(text, fields, parts, error);
}

/* A whole number without sign, blanks or leading zeros. */
static bool parse_port(const char *text, uint16_t *ret_port, GError **error)
{
	guint64 port = 0;

	if (text[0] == '\0') {
		failure_set(error, 0, GRAMMAR, "a port number is missing");
		return false;
	}
	if (strspn(text, "0123456789") != strlen(text) || (text[0] == '0' && text[1] != '\0')) {
		failure_set(error, 0, "ports are decimal numbers without sign or leading zeros",
			    "'%s' is not a port number", text);
		return false;
	}
	if (!g_ascii_string_to_unsigned(text, 10, 0, UINT16_MAX, &port, NULL)) {
		failure_set(error, 0, "the highest port is 65535", "port %s is too high", text);
		return false;
	}
	*ret_port = (uint16_t)port;
	return true;
}

/* PORT or FIRST-LAST. */
static bool parse_range(const char *text, struct port_range *ret_range, GError **error)
{
	g_auto(GStrv) ends = g_strsplit(text, "-", 2);
	struct port_range range;

	if (!parse_port(ends[0] ? ends[0] : "", &range.first, error))
		return false;
	range.last = range.first;
	if (ends[0] && ends[1] && !parse_port(ends[1], &range.last, error))
		return false;
	if (range.last < range.first) {
		failure_set(error, 0, "the lower port comes first",
			    "the range '%s' ends before it starts", text);
		return false;
	}
	if (range.first == 0 && ends[1]) {
		failure_set(error, 0, "ranges start at port 1 or higher",
			    "the range '%s' holds port 0", text);
		return false;
	}
	*ret_range = range;
	return true;
}

static bool parse_host_address(const struct rule_parts *parts, struct ip_address *ret_address,
			       GError **error)
{
	if (!ip_address_parse(parts->address, ret_address, error))
		return false;
	if (parts->in_brackets && ret_address->family != AF_INET6) {
		failure_set(error, 0, "only IPv6 addresses stand in brackets",
			    "'%s' is not an IPv6 address", parts->address);
		return false;
	}
	return true;
}

static bool parse_protocol(const char *text, int *ret_protocol, GError **error)
{
	if (!text || g_str_equal(text, "tcp")) {
		*ret_protocol = IPPROTO_TCP;
		return true;
	}
	if (g_str_equal(text, "udp")) {
		*ret_protocol = IPPROTO_UDP;
		return true;
	}
	failure_set(error, 0, "take one of: tcp, udp (in lower case)",
		    "ports of the protocol '%s' cannot be published", text);
	return false;
}

static bool parse_guest(const struct rule_parts *parts, struct port_rule *rule, GError **error)
{
	struct port_range guest;

	if (!parse_range(parts->guest, &guest, error))
		return false;
	if (guest.first == 0) {
		failure_set(error, 0, "only the host port can be 0, any free one",
			    "nothing can listen on port 0 inside");
		return false;
	}
	if (guest.last - guest.first != rule->host_last - rule->host_first) {
		failure_set(error, 0, "both ranges must have the same size",
			    "%u host ports cannot lead to the %d ports '%s'", port_rule_size(rule),
			    guest.last - guest.first + 1, parts->guest);
		return false;
	}
	rule->guest_first = guest.first;
	return true;
}

static bool parse_parts(const struct rule_parts *parts, struct port_rule *ret_rule, GError **error)
{
	struct port_rule rule = {0};
	struct port_range host;

	if (!parse_protocol(parts->protocol, &rule.protocol, error))
		return false;
	if (parts->address && !parse_host_address(parts, &rule.host, error))
		return false;
	if (!parse_range(parts->host ? parts->host : "", &host, error))
		return false;
	rule.host_first = host.first;
	rule.host_last = host.last;
	if (parts->guest && !parse_guest(parts, &rule, error))
		return false;
	*ret_rule = rule;
	return true;
}

bool port_rule_parse(const char *text, struct port_rule *ret_rule, GError **error)
{
	__attribute__((cleanup(rule_parts_done))) struct rule_parts parts = {0};
	struct port_rule rule;

	if (!split_rule(text, &parts, error) || !parse_parts(&parts, &rule, error))
		return false;
	if (!parts.guest) {
		g_autofree char *cure = NULL;
		rule.guest_first = rule.host_first;
		if (rule.host_first) {
			g_autofree char *full = port_rule_to_string(&rule);
			cure = g_strdup_printf("for the same port inside write %s", full);
		}
		failure_set(error, 0, cure ? cure : GRAMMAR, "'%s' does not name the port inside",
			    text);
		return false;
	}
	*ret_rule = rule;
	return true;
}

bool port_rule_parse_host(const char *text, struct port_rule *ret_rule, GError **error)
{
	__attribute__((cleanup(rule_parts_done))) struct rule_parts parts = {0};
	struct port_rule rule;

	if (!split_rule(text, &parts, error) || !parse_parts(&parts, &rule, error))
		return false;
	if (rule.host_first == 0) {
		failure_set(error, 0, "name the port that was taken",
			    "'%s' does not name a published port", text);
		return false;
	}
	*ret_rule = rule;
	return true;
}

/* "FIRST" or "FIRST-LAST". */
static void append_range(GString *text, unsigned first, unsigned size)
{
	g_string_append_printf(text, "%u", first);
	if (size > 1)
		g_string_append_printf(text, "-%u", first + size - 1);
}

char *port_rule_to_string(const struct port_rule *rule)
{
	GString *text = g_string_new(NULL);
	char address[IP_ADDRESS_TEXT_SIZE];

	ip_address_text(&rule->host, address);
	if (rule->host.family == AF_INET6)
		g_string_append_printf(text, "[%s]:", address);
	else if (rule->host.family == AF_INET)
		g_string_append_printf(text, "%s:", address);
	append_range(text, rule->host_first, port_rule_size(rule));
	if (rule->guest_first) {
		g_string_append_c(text, ':');
		append_range(text, rule->guest_first, port_rule_size(rule));
	}
	g_string_append(text, rule->protocol == IPPROTO_UDP ? "/udp" : "/tcp");
	return g_string_free(text, FALSE);
}

unsigned port_rule_size(const struct port_rule *rule)
{
	return rule->host_last - rule->host_first + 1u;
}

static void add_address(JsonBuilder *builder, const char *name, const struct ip_address *address)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	json_builder_set_member_name(builder, name);
	json_builder_add_string_value(builder, ip_address_text(address, text));
}

static void add_number(JsonBuilder *builder, const char *name, unsigned value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_int_value(builder, value);
}

JsonNode *port_rule_to_json(const struct port_rule *rule)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	add_number(builder, "id", rule->id);
	json_builder_set_member_name(builder, "proto");
	json_builder_add_string_value(builder, rule->protocol == IPPROTO_UDP ? "udp" : "tcp");
	add_address(builder, "host_addr", &rule->host);
	add_number(builder, "host_port", rule->host_first);
	if (port_rule_size(rule) > 1)
		add_number(builder, "host_port_end", rule->host_last);
	add_address(builder, "guest_addr", &rule->guest);
	add_number(builder, "guest_port", rule->guest_first);
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

static bool take_protocol(JsonObject *object, int *ret_protocol)
{
	JsonNode *node = json_object_get_member(object, "proto");

	return node && json_node_get_value_type(node) == JSON_VALUE_STRING &&
	       parse_protocol(json_node_get_string(node), ret_protocol, NULL);
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

	rule.id = (unsigned)id;
	rule.host_first = (uint16_t)first;
	rule.host_last = (uint16_t)last;
	rule.guest_first = (uint16_t)guest;
	*ret_rule = rule;
	return true;
}
