/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_verbs - what can be asked over the control socket, and the shape of its answers */
#include "forwarder/control.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"
#include "src/json_add.h"

/*
 * The first three verbs are slirp4netns's (its api.c): names, fields and error strings are fixed by
 * its clients. publish and unpublish are the same with our own grammar and errors.
 */

/*
 * Most objects and arrays in one request. json-glib recurses into each: as many as fit into a
 * request would overflow the stack.
 */
#define OPENINGS_MAX 64

typedef JsonNode *(*verb_function)(const struct control_context *context, JsonObject *arguments,
				   GError **error);

struct verb {
	const char *name;
	verb_function run;
	bool is_flat; /* the answer's members stand at the top level, too */
};

static JsonNode *finish(JsonBuilder *builder)
{
	json_builder_end_object(builder);
	return json_builder_get_root(builder);
}

static JsonBuilder *begin_object(void)
{
	JsonBuilder *builder = json_builder_new();

	return json_builder_begin_object(builder);
}

/* --- reading arguments --- */

static bool bad_argument(GError **error, const char *verb, const char *name)
{
	failure_set(error, EINVAL, NULL, "bad request: %s: bad arguments.%s", verb, name);
	return false;
}

/* Absent is ""; another type than string is NULL. */
static const char *string_argument(JsonObject *arguments, const char *name)
{
	JsonNode *node = json_object_get_member(arguments, name);

	if (!node)
		return "";
	return JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

/* Absent or of another type is 0, which no port and no id is. */
static gint64 int_argument(JsonObject *arguments, const char *name)
{
	JsonNode *node = json_object_get_member(arguments, name);

	if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64)
		return 0;
	return json_node_get_int(node);
}

static bool read_protocol(JsonObject *arguments, int *ret_protocol)
{
	const char *text = string_argument(arguments, "proto");

	if (g_strcmp0(text, "tcp") == 0)
		*ret_protocol = IPPROTO_TCP;
	else if (g_strcmp0(text, "udp") == 0)
		*ret_protocol = IPPROTO_UDP;
	else
		return false;
	return true;
}

static bool read_address(JsonObject *arguments, const char *name, struct ip_address *ret_address)
{
	const char *text = string_argument(arguments, name);

	if (!text)
		return false;
	return !*text || ip_address_parse(text, ret_address, NULL);
}

static bool read_port(JsonObject *arguments, const char *name, uint16_t *ret_port)
{
	gint64 port = int_argument(arguments, name);

	if (port < 1 || port > 65535)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

static bool read_hostfwd(JsonObject *arguments, struct port_rule *rule, GError **error)
{
	static const char verb[] = "add_hostfwd";

	if (!read_protocol(arguments, &rule->protocol))
		return bad_argument(error, verb, "proto");
	if (!read_address(arguments, "host_addr", &rule->host))
		return bad_argument(error, verb, "host_addr");
	if (!read_port(arguments, "host_port", &rule->host_first))
		return bad_argument(error, verb, "host_port");
	rule->host_last = rule->host_first;
	if (json_object_has_member(arguments, "host_port_end") &&
	    (!read_port(arguments, "host_port_end", &rule->host_last) ||
	     rule->host_last < rule->host_first))
		return bad_argument(error, verb, "host_port_end");
	if (!read_address(arguments, "guest_addr", &rule->guest))
		return bad_argument(error, verb, "guest_addr");
	if (!read_port(arguments, "guest_port", &rule->guest_first))
		return bad_argument(error, verb, "guest_port");
	/* slirp4netns knows IPv4 alone: an absent host_addr is 0.0.0.0 for its clients. */
	if (rule->host.family == AF_UNSPEC)
		ip_address_parse(rule->guest.family == AF_INET6 ? "::" : "0.0.0.0", &rule->host,
				 NULL);
	return true;
}

/* --- verbs --- */

static JsonNode *add_hostfwd(const struct control_context *context, JsonObject *arguments,
			     GError **error)
{
	struct port_rule rule = {0}, bound;
	g_autoptr(GError) failure = NULL;

	if (!read_hostfwd(arguments, &rule, error))
		return NULL;
	if (!port_table_add(context->ports, &rule, &bound, &failure)) {
		g_autofree char *cause = failure_cause(failure);
		failure_set(error, failure->code, cause,
			    "bad request: add_hostfwd: slirp_add_hostfwd failed");
		return NULL;
	}
	g_autoptr(JsonBuilder) builder = begin_object();
	json_add_int(builder, "id", bound.id);
	return finish(builder);
}

static JsonNode *entry_to_json(const struct port_rule *rule)
{
	JsonNode *node = port_rule_to_json(rule);
	g_autofree char *text = port_rule_to_string(rule);

	json_object_set_string_member(json_node_get_object(node), "rule", text);
	return node;
}

static JsonNode *list_hostfwd(const struct control_context *context,
			      JsonObject *arguments G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	const GArray *rules = port_table_rules(context->ports);
	g_autoptr(JsonBuilder) builder = begin_object();

	json_builder_set_member_name(builder, "entries");
	json_builder_begin_array(builder);
	for (guint i = 0; i < rules->len; i++)
		json_builder_add_value(builder,
				       entry_to_json(&g_array_index(rules, struct port_rule, i)));
	json_builder_end_array(builder);
	return finish(builder);
}

static JsonNode *remove_hostfwd(const struct control_context *context, JsonObject *arguments,
				GError **error)
{
	gint64 id = int_argument(arguments, "id");

	if (id < 1 || id > G_MAXUINT) {
		bad_argument(error, "remove_hostfwd", "id");
		return NULL;
	}
	if (!port_table_remove(context->ports, (unsigned)id)) {
		failure_set(error, ENOENT, NULL,
			    "bad request: remove_hostfwd: slirp_remove_hostfwd failed");
		return NULL;
	}
	g_autoptr(JsonBuilder) builder = begin_object();
	return finish(builder);
}

static JsonNode *publish(const struct control_context *context, JsonObject *arguments,
			 GError **error)
{
	const char *text = string_argument(arguments, "rule");
	struct port_rule rule, bound;

	if (!port_rule_parse(text ? text : "", &rule, error) ||
	    !port_table_add(context->ports, &rule, &bound, error))
		return NULL;
	g_autoptr(JsonBuilder) builder = begin_object();
	g_autofree char *bound_text = port_rule_to_string(&bound);
	json_add_int(builder, "id", bound.id);
	json_add_string(builder, "rule", bound_text);
	return finish(builder);
}

static bool names_rule(const struct port_rule *wanted, const struct port_rule *rule)
{
	return wanted->protocol == rule->protocol && wanted->host_first == rule->host_first &&
	       wanted->host_last == rule->host_last &&
	       (wanted->host.family == AF_UNSPEC || ip_address_equal(&wanted->host, &rule->host)) &&
	       (wanted->guest_first == 0 || wanted->guest_first == rule->guest_first);
}

static bool find_rule(const struct control_context *context, const char *text, unsigned *ret_id,
		      GError **error)
{
	const GArray *rules = port_table_rules(context->ports);
	struct port_rule wanted;

	if (!port_rule_parse_host(text, &wanted, error))
		return false;
	for (guint i = 0; i < rules->len; i++) {
		const struct port_rule *rule = &g_array_index(rules, struct port_rule, i);
		if (names_rule(&wanted, rule)) {
			*ret_id = rule->id;
			return true;
		}
	}
	failure_set(error, ENOENT, "netns-ctl NAME port ls shows what is published",
		    "port '%s' is not published", text);
	return false;
}

static JsonNode *unpublish(const struct control_context *context, JsonObject *arguments,
			   GError **error)
{
	const char *text = string_argument(arguments, "rule");
	gint64 wanted = int_argument(arguments, "id");
	unsigned id = wanted > 0 && wanted <= G_MAXUINT ? (unsigned)wanted : 0;

	if (text && *text && !find_rule(context, text, &id, error))
		return NULL;
	if (!port_table_remove(context->ports, id)) {
		failure_set(error, ENOENT, "netns-ctl NAME port ls shows what is published",
			    "no published port has the id %u", id);
		return NULL;
	}
	g_autoptr(JsonBuilder) builder = begin_object();
	json_add_int(builder, "id", id);
	return finish(builder);
}

static void describe_network(JsonBuilder *builder, const char *name,
			     const struct link_network *network)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	if (!network->enabled)
		return;
	g_autofree char *prefix = ip_prefix_to_string(&network->prefix);
	json_builder_set_member_name(builder, name);
	json_builder_begin_object(builder);
	json_add_string(builder, "cidr", prefix);
	json_add_string(builder, "address", ip_address_text(&network->command, text));
	json_add_string(builder, "gateway", ip_address_text(&network->gateway, text));
	json_add_string(builder, "dns", ip_address_text(&network->dns, text));
	json_builder_end_object(builder);
}

static JsonNode *inspect(const struct control_context *context, JsonObject *arguments G_GNUC_UNUSED,
			 GError **error G_GNUC_UNUSED)
{
	const struct link_config *link = context->link;
	g_autofree char *mac = mac_address_to_string(&link->mac);
	g_autoptr(JsonBuilder) builder = begin_object();

	json_add_string(builder, "name", context->name);
	json_add_string(builder, "link", link_kind_name(link->kind));
	json_add_string(builder, "ifname", link->ifname);
	json_add_string(builder, "mac", mac);
	json_add_int(builder, "mtu", link->mtu);
	describe_network(builder, "ipv4", &link->v4);
	describe_network(builder, "ipv6", &link->v6);
	if (context->describe)
		context->describe(builder, context->opaque);
	return finish(builder);
}

static const struct verb verbs[] = {
	{"add_hostfwd", add_hostfwd, false},
	/* slirp4netns documents "return" and sends none: clients of either kind find theirs. */
	{"list_hostfwd", list_hostfwd, true},
	{"remove_hostfwd", remove_hostfwd, false},
	{"publish", publish, false},
	{"unpublish", unpublish, false},
	{"inspect", inspect, false},
};

/* --- requests and replies --- */

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (g_str_equal(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static char *print(JsonNode *node)
{
	g_autoptr(JsonNode) root = node;

	return json_to_string(root, FALSE);
}

static char *reply_error(const GError *error)
{
	g_autoptr(JsonBuilder) builder = begin_object();
	g_autofree char *cause = failure_cause(error);
	const char *symbol = strerrorname_np(error->code);

	json_builder_set_member_name(builder, "error");
	json_builder_begin_object(builder);
	json_add_string(builder, "desc", cause);
	if (error->code && symbol)
		json_add_string(builder, "code", symbol);
	if (failure_cure(error))
		json_add_string(builder, "cure", failure_cure(error));
	json_builder_end_object(builder);
	return print(finish(builder));
}

static char *reply_return(JsonNode *node, bool is_flat)
{
	g_autoptr(JsonNode) result = node;
	g_autoptr(JsonNode) root = json_node_alloc();
	JsonObject *object = json_object_new();

	json_node_init_object(root, object);
	json_object_set_member(object, "return", json_node_ref(result));
	g_autoptr(GList) names = json_object_get_members(json_node_get_object(result));
	for (GList *name = names; is_flat && name; name = name->next)
		json_object_set_member(
			object, name->data,
			json_object_dup_member(json_node_get_object(result), name->data));
	json_object_unref(object);
	return json_to_string(root, FALSE);
}

/* Counts them in strings and comments, too: what is none of those is for the parser to tell. */
static bool has_too_many_openings(const char *text, size_t size)
{
	size_t openings = 0;

	for (size_t i = 0; i < size; i++)
		openings += text[i] == '{' || text[i] == '[';
	return openings > OPENINGS_MAX;
}

static const struct verb *parse_request(JsonParser *parser, const char *text, size_t size,
					JsonObject **ret_arguments, GError **error)
{
	JsonNode *root = NULL;

	if (!has_too_many_openings(text, size) &&
	    json_parser_load_from_data(parser, text, (gssize)size, NULL))
		root = json_parser_get_root(parser);
	if (!root) {
		failure_set(error, EINVAL, NULL, "bad request: cannot parse JSON");
		return NULL;
	}
	if (!JSON_NODE_HOLDS_OBJECT(root)) {
		failure_set(error, EINVAL, NULL, "bad request: json_object() failed");
		return NULL;
	}
	JsonObject *object = json_node_get_object(root);
	const char *name = string_argument(object, "execute");
	if (!name || !*name) {
		failure_set(error, EINVAL, NULL, "bad request: no execute found");
		return NULL;
	}
	const struct verb *verb = find_verb(name);
	if (!verb)
		failure_set(error, EOPNOTSUPP, NULL, "bad request: unknown execute");
	JsonNode *arguments = json_object_get_member(object, "arguments");
	*ret_arguments = arguments && JSON_NODE_HOLDS_OBJECT(arguments)
				 ? json_object_ref(json_node_get_object(arguments))
				 : json_object_new();
	return verb;
}

char *control_execute(const struct control_context *context, const char *text, size_t size)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(JsonObject) arguments = NULL;
	g_autoptr(GError) error = NULL;
	JsonNode *result = NULL;

	const struct verb *verb = parse_request(parser, text, size, &arguments, &error);
	if (verb)
		result = verb->run(context, arguments, &error);
	return result ? reply_return(result, verb->is_flat) : reply_error(error);
}

char *control_reply_too_large(void)
{
	g_autoptr(GError) error = NULL;

	failure_set(&error, EMSGSIZE, NULL, "bad request: too large message");
	return reply_error(error);
}
