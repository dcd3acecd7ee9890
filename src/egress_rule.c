/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_rule - one rule of what may leave: the grammar of --allow, --deny and `netns-ctl egress`
 */
#include "src/egress_rule.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"
#include "src/number.h"

/*
 * How it works
 *
 * From both ends to the middle: the protocol in front and the ports behind are cut off, and what is
 * left is a target. A colon is what ports begin with, unless it is one of several without brackets:
 * that is an IPv6 address.
 */

#define NAME_MAX_LENGTH	 253
#define LABEL_MAX_LENGTH 63

static const char trust_suffix[] = "@private";

static const char *const presets[] = {
	[EGRESS_PRIVATE] = "@private",
	[EGRESS_METADATA] = "@metadata",
	[EGRESS_HOST] = "@host",
};

static const struct {
	const char *name;
	int protocol;
} protocols[] = {{"tcp:", IPPROTO_TCP}, {"udp:", IPPROTO_UDP}, {"icmp:", IPPROTO_ICMP}};

static bool refuse(GError **error, const char *cure, const char *text, const char *why)
{
	g_autofree char *printable = g_strescape(text, NULL);

	failure_set(error, EINVAL, cure, "'%s': %s", printable, why);
	return false;
}

/* --- names --- */

static bool is_label(const char *label)
{
	size_t length = strlen(label);

	if (length < 1 || length > LABEL_MAX_LENGTH || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (const char *at = label; *at; at++)
		if (!g_ascii_isalnum(*at) && *at != '-' && *at != '_')
			return false;
	return true;
}

/* A last label of digits is that of an address gone wrong (RFC 1123 2.1). */
static bool is_name(const char *text)
{
	g_auto(GStrv) labels = g_strsplit(text, ".", -1);
	const char *last = NULL;

	if (strlen(text) > NAME_MAX_LENGTH)
		return false;
	for (char **label = labels; *label; label++) {
		if (!is_label(*label))
			return false;
		last = *label;
	}
	return last && last[strspn(last, "0123456789")];
}

char *egress_name_parse(const char *text, GError **error)
{
	size_t length = strlen(text);
	g_autofree char *printable = g_strescape(text, NULL);

	if (length > 1 && text[length - 1] == '.')
		length--;
	g_autofree char *name = g_ascii_strdown(text, (gssize)length);
	if (is_name(name))
		return g_steal_pointer(&name);
	for (const char *at = text; *at; at++) {
		if (g_ascii_isprint(*at))
			continue;
		failure_set(error, EINVAL, "write the xn-- form: idn --quiet NAME prints it",
			    "'%s' is not in ASCII", printable);
		return NULL;
	}
	failure_set(error, EINVAL,
		    "write an address, a prefix, a host name, *.NAME, @private, @metadata or @host",
		    "'%s' is no address and no host name", printable);
	return NULL;
}

/* --- targets --- */

static bool take_preset(struct egress_rule *rule, const char *text, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(presets); i++) {
		if (presets[i] && g_str_equal(text, presets[i])) {
			rule->target = (enum egress_target)i;
			return true;
		}
	}
	return refuse(error, "take @private, @metadata or @host", text, "there is no such preset");
}

static bool take_prefix(struct egress_rule *rule, const char *text, GError **error)
{
	struct ip_address address;

	rule->target = EGRESS_PREFIX;
	if (strchr(text, '/')) {
		if (!ip_prefix_parse(text, &rule->prefix, error))
			return false;
	} else {
		if (!ip_address_parse(text, &address, error))
			return false;
		rule->prefix = ip_prefix_around(&address, ip_address_bits(&address));
	}
	if (rule->prefix.address.family == AF_INET6 && rule->prefix.length >= 96 &&
	    IN6_IS_ADDR_V4MAPPED(&rule->prefix.address.v6))
		return refuse(error, "write the IPv4 address that it stands for", text,
			      "no packet has such an address");
	return true;
}

static bool take_name(struct egress_rule *rule, const char *text, GError **error)
{
	bool is_below = g_str_has_prefix(text, "*.");
	g_autofree char *name = g_strdup(is_below ? text + 2 : text);

	rule->trusts_name = g_str_has_suffix(name, trust_suffix);
	if (rule->trusts_name)
		name[strlen(name) - strlen(trust_suffix)] = '\0';
	if (rule->trusts_name && rule->action == EGRESS_DENY)
		return refuse(error, "leave @private out", text,
			      "a name is denied wherever it leads to");
	rule->target = is_below ? EGRESS_BELOW : EGRESS_NAME;
	rule->name = egress_name_parse(name, error);
	return rule->name != NULL;
}

/* Is it meant to be an address? Then a failure should speak of one. */
static bool looks_like_address(const char *text)
{
	return strchr(text, ':') || strchr(text, '/') || !text[strspn(text, "0123456789.")];
}

static bool take_target(struct egress_rule *rule, const char *text, GError **error)
{
	if (g_str_equal(text, "*")) {
		rule->target = EGRESS_ANYWHERE;
		return true;
	}
	if (text[0] == '@')
		return take_preset(rule, text, error);
	if (*text && looks_like_address(text))
		return take_prefix(rule, text, error);
	return take_name(rule, text, error);
}

/* --- the parts around a target --- */

static const char *take_protocol(struct egress_rule *rule, const char *text)
{
	for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++) {
		size_t length = strlen(protocols[i].name);

		if (g_ascii_strncasecmp(text, protocols[i].name, length) == 0) {
			rule->protocol = protocols[i].protocol;
			return text + length;
		}
	}
	return text;
}

/* Where ":PORT" begins, or NULL. Brackets around an address are cut off. */
static char *split_ports(char **text)
{
	char *last = strrchr(*text, ':');
	char *bracket = strchr(*text, ']');

	if (**text == '[' && bracket && (bracket[1] == '\0' || bracket[1] == ':')) {
		char *ports = bracket[1] ? bracket + 1 : NULL;
		*bracket = '\0';
		(*text)++;
		return ports;
	}
	return last && strchr(*text, ':') == last ? last : NULL;
}

static bool take_ports(struct egress_rule *rule, const char *text, GError **error)
{
	static const char what[] = "a port of an egress rule";
	g_autofree char *first = g_strndup(text, strcspn(text, "-"));
	const char *rest = text + strlen(first);
	guint64 from, to;

	if (!number_parse(first, 1, 65535, what, &from, error))
		return false;
	to = from;
	if (*rest && !number_parse(rest + 1, 1, 65535, what, &to, error))
		return false;
	if (to < from)
		return refuse(error, "write the smaller port first", text,
			      "the range of ports ends before it begins");
	if (rule->protocol == IPPROTO_ICMP)
		return refuse(error, "leave the port out", text, "ICMP has no ports");
	rule->first_port = (uint16_t)from;
	rule->last_port = (uint16_t)to;
	return true;
}

static bool parse(struct egress_rule *rule, const char *text, GError **error)
{
	g_autofree char *copy = g_strdup(take_protocol(rule, text));
	char *target = copy;
	char *ports = split_ports(&target);
	bool is_bracketed = target != copy;

	if (ports) {
		*ports = '\0';
		if (!take_ports(rule, ports + 1, error))
			return false;
	}
	if (is_bracketed && !strchr(target, ':'))
		return refuse(error, "write brackets around IPv6 addresses only", text,
			      "there is no IPv6 address in the brackets");
	return take_target(rule, target, error);
}

struct egress_rule *egress_rule_parse(enum egress_action action, const char *text, GError **error)
{
	struct egress_rule *rule = g_new0(struct egress_rule, 1);

	rule->action = action;
	if (parse(rule, text, error))
		return rule;
	egress_rule_free(rule);
	return NULL;
}

void egress_rule_free(struct egress_rule *rule)
{
	if (!rule)
		return;
	g_free(rule->name);
	g_free(rule);
}

/* --- printing --- */

static void print_prefix(GString *text, const struct egress_rule *rule)
{
	const struct ip_prefix *prefix = &rule->prefix;
	bool needs_brackets = prefix->address.family == AF_INET6 && rule->first_port;
	char address[IP_ADDRESS_TEXT_SIZE];

	g_string_append(text, needs_brackets ? "[" : "");
	g_string_append(text, ip_address_text(&prefix->address, address));
	if (prefix->length < ip_address_bits(&prefix->address))
		g_string_append_printf(text, "/%u", prefix->length);
	g_string_append(text, needs_brackets ? "]" : "");
}

static void print_target(GString *text, const struct egress_rule *rule)
{
	switch (rule->target) {
	case EGRESS_ANYWHERE:
		g_string_append_c(text, '*');
		break;
	case EGRESS_PREFIX:
		print_prefix(text, rule);
		break;
	case EGRESS_NAME:
	case EGRESS_BELOW:
		g_string_append_printf(text, "%s%s%s", rule->target == EGRESS_BELOW ? "*." : "",
				       rule->name, rule->trusts_name ? trust_suffix : "");
		break;
	case EGRESS_PRIVATE:
	case EGRESS_METADATA:
	case EGRESS_HOST:
		g_string_append(text, presets[rule->target]);
		break;
	}
}

/* A host with the name of a protocol: before its ports a dot tells it from that. */
static bool reads_as_protocol(const struct egress_rule *rule)
{
	if (rule->protocol || rule->target != EGRESS_NAME || rule->trusts_name)
		return false;
	g_autofree char *text = g_strconcat(rule->name, ":", NULL);
	return take_protocol(&(struct egress_rule){0}, text) != text;
}

char *egress_rule_to_string(const struct egress_rule *rule)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++)
		if (rule->protocol == protocols[i].protocol)
			g_string_append(text, protocols[i].name);
	print_target(text, rule);
	if (rule->first_port)
		g_string_append_printf(text, "%s:%u", reads_as_protocol(rule) ? "." : "",
				       rule->first_port);
	if (rule->last_port > rule->first_port)
		g_string_append_printf(text, "-%u", rule->last_port);
	return g_string_free(text, FALSE);
}

const char *egress_action_name(enum egress_action action)
{
	return action == EGRESS_ALLOW ? "allow" : "deny";
}

bool egress_action_parse(const char *text, enum egress_action *ret_action, GError **error)
{
	for (int action = EGRESS_ALLOW; action <= EGRESS_DENY; action++) {
		if (g_str_equal(text, egress_action_name((enum egress_action)action))) {
			*ret_action = (enum egress_action)action;
			return true;
		}
	}
	g_autofree char *printable = g_strescape(text, NULL);
	failure_set(error, EINVAL, "take allow or deny", "'%s' is no egress policy", printable);
	return false;
}

/* --- asking --- */

bool egress_rule_equal(const struct egress_rule *a, const struct egress_rule *b)
{
	return a->action == b->action && a->protocol == b->protocol && a->target == b->target &&
	       a->prefix.length == b->prefix.length &&
	       ip_address_equal(&a->prefix.address, &b->prefix.address) &&
	       g_strcmp0(a->name, b->name) == 0 && a->trusts_name == b->trusts_name &&
	       a->first_port == b->first_port && a->last_port == b->last_port;
}

bool egress_rule_fits(const struct egress_rule *rule, int protocol, bool has_port, uint16_t port)
{
	if (rule->protocol && rule->protocol != protocol)
		return false;
	if (!rule->first_port)
		return true;
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return false;
	/* A fragment: what may be meant is denied, but not allowed. */
	if (!has_port)
		return rule->action == EGRESS_DENY;
	return port >= rule->first_port && port <= rule->last_port;
}

const char *const *egress_preset_prefixes(enum egress_target target)
{
	static const char *const private_prefixes[] = {
		"10.0.0.0/8",	 "172.16.0.0/12",  "192.168.0.0/16",
		"100.64.0.0/10", "169.254.0.0/16", "fc00::/7",
		"fe80::/10",	 "fec0::/10",	   NULL,
	};
	static const char *const metadata_prefixes[] = {
		"169.254.169.254/32", /* EC2, GCE, Azure, OpenStack, DigitalOcean and others */
		"169.254.169.253/32", /* EC2: the resolver, */
		"169.254.170.2/32",   /* tasks of ECS, */
		"169.254.170.23/32",  /* pods of EKS, */
		"fd00:ec2::/32",      /* and all of them by IPv6 */
		"fd20:ce::254/128",   /* GCE by IPv6 */
		"100.100.100.200/32", /* Alibaba */
		"168.63.129.16/32",   /* Azure: the host of the virtual machine */
		"192.0.0.192/32",     /* Oracle */
		"169.254.0.23/32",    /* Tencent */
		"169.254.42.42/32",   /* Scaleway, */
		"fd00:42::42/128",    /* the same by IPv6 */
		NULL,
	};

	if (target == EGRESS_PRIVATE)
		return private_prefixes;
	return target == EGRESS_METADATA ? metadata_prefixes : NULL;
}

bool egress_preset_contains(enum egress_target target, const struct ip_address *address)
{
	const char *const *prefixes = egress_preset_prefixes(target);

	for (; prefixes && *prefixes; prefixes++) {
		struct ip_prefix prefix;

		if (ip_prefix_parse(*prefixes, &prefix, NULL) &&
		    ip_prefix_contains(&prefix, address))
			return true;
	}
	return false;
}

bool egress_address_embedded(const struct ip_address *address, struct ip_address *ret_v4)
{
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	static const uint8_t local_nat64[6] = {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};
	const uint8_t *bytes = address->bytes;
	struct ip_address v4 = {.family = AF_INET};

	if (address->family != AF_INET6)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&address->v6) || memcmp(bytes, nat64, sizeof(nat64)) == 0 ||
	    memcmp(bytes, local_nat64, sizeof(local_nat64)) == 0)
		memcpy(v4.bytes, bytes + 12, 4);
	else if (bytes[0] == 0x20 && bytes[1] == 0x02)
		memcpy(v4.bytes, bytes + 2, 4);
	else
		return false;
	*ret_v4 = v4;
	return true;
}
