/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_rule - one published port or range: the grammar of --publish and of `netns-ctl port` */
#include "src/port_rule.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include "src/failure.h"

#define GRAMMAR                                                                                    \
	"write it as [IP:|INTERFACE:]HOSTPORT[-END]:PORT[-END][/tcp|udp], for example 8080:80"
#define FD_GRAMMAR "write it as fd:N:PORT[/tcp|udp] or fd:NAME:PORT[/tcp|udp], for example fd:3:80"

struct port_range {
	uint16_t first, last;
};

/* A rule's text cut into its parts; absent parts are NULL. */
struct rule_parts {
	char *address;
	char *interface;
	bool in_brackets;
	char *source; /* of an inherited socket, which has no host port */
	char *host;
	char *guest;
	char *protocol;
	char *options;
};

static void rule_parts_done(struct rule_parts *parts)
{
	g_free(parts->address);
	g_free(parts->interface);
	g_free(parts->source);
	g_free(parts->host);
	g_free(parts->guest);
	g_free(parts->protocol);
	g_free(parts->options);
}

static bool looks_like_address(const char *text)
{
	return text[0] == '\0' || (g_ascii_isdigit(text[0]) && strchr(text, '.'));
}

/* ADDRESS, ADDRESS%INTERFACE or INTERFACE. */
static void take_place(const char *text, struct rule_parts *parts)
{
	const char *percent = strchr(text, '%');

	if (percent) {
		parts->address = g_strndup(text, (gsize)(percent - text));
		parts->interface = g_strdup(percent + 1);
	} else if (parts->in_brackets || looks_like_address(text)) {
		parts->address = g_strdup(text);
	} else {
		parts->interface = g_strdup(text);
	}
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
	*end = '\0';
	parts->in_brackets = true;
	take_place(*rest + 1, parts);
	*rest = end + 2;
	return true;
}

/* In what names a published port two fields can be a place and a port. */
static bool begins_with_place(char **fields, unsigned n_fields, bool is_host)
{
	if (n_fields == 3)
		return true;
	return n_fields == 2 && (strchr(fields[0], '.') || strchr(fields[0], '%') ||
				 (is_host && g_ascii_isalpha(fields[0][0])));
}

/* Gives the fields between the colons (without a bracketed address) their meaning. */
static bool assign_fields(const char *text, char **fields, bool is_host, struct rule_parts *parts,
			  GError **error)
{
	unsigned n_fields = g_strv_length(fields);
	unsigned next = 0;

	if (n_fields + parts->in_brackets > 3) {
		failure_set(error, 0, "IPv6 addresses stand in brackets, for example [::1]:8080:80",
			    "'%s' has too many colons", text);
		return false;
	}
	if (!parts->in_brackets && begins_with_place(fields, n_fields, is_host))
		take_place(fields[next++], parts);
	if (next < n_fields)
		parts->host = g_strdup(fields[next++]);
	if (next < n_fields)
		parts->guest = g_strdup(fields[next]);
	return true;
}

/* What follows "fd:". */
static bool assign_source(const char *text, const char *rest, struct rule_parts *parts,
			  GError **error)
{
	g_auto(GStrv) fields = g_strsplit(rest, ":", -1);
	unsigned n_fields = g_strv_length(fields);

	if (n_fields < 1 || n_fields > 2) {
		failure_set(error, 0, FD_GRAMMAR, "'%s' names no descriptor and port", text);
		return false;
	}
	parts->source = g_strdup(fields[0]);
	parts->guest = g_strdup(fields[1]);
	return true;
}

static bool split_rule(const char *text, bool is_host, struct rule_parts *parts, GError **error)
{
	g_autofree char *copy = g_strdup(text);
	char *rest = copy;
	char *comma = strchr(copy, ',');
	char *slash;

	if (comma) {
		*comma = '\0';
		parts->options = g_strdup(comma + 1);
	}
	slash = strchr(copy, '/');
	if (slash) {
		*slash = '\0';
		parts->protocol = g_strdup(slash + 1);
	}
	if (g_str_has_prefix(rest, "fd:"))
		return assign_source(text, rest + strlen("fd:"), parts, error);
	if (rest[0] == '[' && !split_brackets(text, &rest, parts, error))
		return false;
	g_auto(GStrv) fields = g_strsplit(rest, ":", -1);
	if (!fields[0]) {
		failure_set(error, 0, GRAMMAR, "'%s' names no port", text);
		return false;
	}
	return assign_fields(text, fields, is_host, parts, error);
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

bool port_rule_is_interface(const char *text)
{
	size_t size = strlen(text);

	if (size == 0 || size >= IFNAMSIZ || g_str_equal(text, ".") || g_str_equal(text, ".."))
		return false;
	for (size_t i = 0; i < size; i++)
		if (!g_ascii_isgraph(text[i]) || strchr("/:%,[]", text[i]))
			return false;
	return true;
}

bool port_rule_is_source(const char *text)
{
	size_t size = strlen(text);

	if (size == 0 || size >= PORT_SOURCE_SIZE)
		return false;
	for (size_t i = 0; i < size; i++)
		if (!g_ascii_isgraph(text[i]) || strchr("/:,", text[i]))
			return false;
	return true;
}

static bool parse_interface(const char *text, struct port_rule *rule, GError **error)
{
	if (!port_rule_is_interface(text)) {
		failure_set(error, 0, "`ip link` shows the names of interfaces",
			    "'%s' is neither an address nor the name of an interface", text);
		return false;
	}
	g_strlcpy(rule->interface, text, sizeof(rule->interface));
	return true;
}

static bool parse_source(const char *text, struct port_rule *rule, GError **error)
{
	if (!port_rule_is_source(text)) {
		failure_set(error, 0, FD_GRAMMAR,
			    "'%s' is neither a descriptor nor the name of one", text);
		return false;
	}
	g_strlcpy(rule->source, text, sizeof(rule->source));
	return true;
}

static bool parse_options(const char *text, struct port_rule *rule, GError **error)
{
	if (g_str_equal(text, "proxy=v1"))
		rule->proxy_version = 1;
	else if (g_str_equal(text, "proxy=v2"))
		rule->proxy_version = 2;
	if (!rule->proxy_version) {
		failure_set(error, 0, "take ,proxy=v1 or ,proxy=v2",
			    "'%s' is no option of a published port", text);
		return false;
	}
	if (rule->protocol == IPPROTO_TCP)
		return true;
	failure_set(error, 0, "leave ,proxy= out", "the PROXY protocol is for TCP only");
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

static bool parse_host(const struct rule_parts *parts, struct port_rule *rule, GError **error)
{
	struct port_range host;

	if (parts->address && !parse_host_address(parts, &rule->host, error))
		return false;
	if (parts->interface && !parse_interface(parts->interface, rule, error))
		return false;
	if (!parse_range(parts->host ? parts->host : "", &host, error))
		return false;
	rule->host_first = host.first;
	rule->host_last = host.last;
	return true;
}

static bool parse_parts(const struct rule_parts *parts, struct port_rule *ret_rule, GError **error)
{
	struct port_rule rule = {0};

	if (!parse_protocol(parts->protocol, &rule.protocol, error))
		return false;
	if (parts->options && !parse_options(parts->options, &rule, error))
		return false;
	if (!(parts->source ? parse_source(parts->source, &rule, error)
			    : parse_host(parts, &rule, error)))
		return false;
	if (parts->guest && !parse_guest(parts, &rule, error))
		return false;
	*ret_rule = rule;
	return true;
}

static bool no_guest(const char *text, struct port_rule *rule, GError **error)
{
	g_autofree char *full = NULL;
	g_autofree char *cure = NULL;

	rule->guest_first = rule->host_first;
	if (rule->host_first) {
		full = port_rule_to_string(rule);
		cure = g_strdup_printf("for the same port inside write %s", full);
	}
	failure_set(error, 0,
		    cure	      ? cure
		    : rule->source[0] ? FD_GRAMMAR
				      : GRAMMAR,
		    "'%s' does not name the port inside", text);
	return false;
}

bool port_rule_parse(const char *text, struct port_rule *ret_rule, GError **error)
{
	__attribute__((cleanup(rule_parts_done))) struct rule_parts parts = {0};
	struct port_rule rule;

	if (!split_rule(text, false, &parts, error) || !parse_parts(&parts, &rule, error))
		return false;
	if (!parts.guest)
		return no_guest(text, &rule, error);
	*ret_rule = rule;
	return true;
}

bool port_rule_parse_host(const char *text, struct port_rule *ret_rule, GError **error)
{
	__attribute__((cleanup(rule_parts_done))) struct rule_parts parts = {0};
	struct port_rule rule;

	if (!split_rule(text, true, &parts, error) || !parse_parts(&parts, &rule, error))
		return false;
	if (rule.host_first == 0 && !rule.source[0]) {
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

/* ADDRESS:, INTERFACE: or ADDRESS%INTERFACE:, the address in brackets as need be. */
static void append_place(GString *text, const struct port_rule *rule)
{
	bool is_v6 = rule->host.family == AF_INET6;
	char address[IP_ADDRESS_TEXT_SIZE];

	if (!rule->host.family && !rule->interface[0])
		return;
	g_string_append_printf(text, "%s%s%s%s%s:", is_v6 ? "[" : "",
			       ip_address_text(&rule->host, address),
			       rule->host.family && rule->interface[0] ? "%" : "", rule->interface,
			       is_v6 ? "]" : "");
}

char *port_rule_to_string(const struct port_rule *rule)
{
	GString *text = g_string_new(NULL);

	if (rule->source[0] && !rule->host_first) {
		g_string_append_printf(text, "fd:%s", rule->source);
	} else {
		append_place(text, rule);
		append_range(text, rule->host_first, port_rule_size(rule));
	}
	if (rule->guest_first) {
		g_string_append_c(text, ':');
		append_range(text, rule->guest_first, port_rule_size(rule));
	}
	g_string_append(text, rule->protocol == IPPROTO_UDP ? "/udp" : "/tcp");
	if (rule->proxy_version)
		g_string_append_printf(text, ",proxy=v%u", rule->proxy_version);
	return g_string_free(text, FALSE);
}

unsigned port_rule_size(const struct port_rule *rule)
{
	return rule->host_last - rule->host_first + 1u;
}
