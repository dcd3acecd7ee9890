/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_request - one request of the control socket: its verb and its arguments */
#include "forwarder/control_request.h"

#include <errno.h>
#include <netinet/in.h>

#include "src/failure.h"

/* --- arguments --- */

bool control_request_refuse(GError **error, const char *verb, const char *name)
{
	failure_set(error, EINVAL, NULL, "bad request: %s: bad arguments.%s", verb, name);
	return false;
}

const char *control_request_string(JsonObject *arguments, const char *name)
{
	JsonNode *node = json_object_get_member(arguments, name);

	if (!node)
		return "";
	return JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

bool control_request_is_int(const JsonNode *node)
{
	return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == JSON_VALUE_INT64;
}

gint64 control_request_int(JsonObject *arguments, const char *name)
{
	JsonNode *node = json_object_get_member(arguments, name);

	return node && control_request_is_int(node) ? json_node_get_int(node) : 0;
}

bool control_request_bool(JsonObject *arguments, const char *name, bool *ret_value)
{
	JsonNode *node = json_object_get_member(arguments, name);

	if (node &&
	    (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != JSON_VALUE_BOOLEAN))
		return false;
	*ret_value = node && json_node_get_boolean(node);
	return true;
}

bool control_request_protocol(JsonObject *arguments, int *ret_protocol)
{
	const char *text = control_request_string(arguments, "proto");

	if (g_strcmp0(text, "tcp") == 0)
		*ret_protocol = IPPROTO_TCP;
	else if (g_strcmp0(text, "udp") == 0)
		*ret_protocol = IPPROTO_UDP;
	else
		return false;
	return true;
}

bool control_request_address(JsonObject *arguments, const char *name,
			     struct ip_address *ret_address)
{
	const char *text = control_request_string(arguments, name);

	if (!text)
		return false;
	return !*text || ip_address_parse(text, ret_address, NULL);
}

bool control_request_port(JsonObject *arguments, const char *name, uint16_t *ret_port)
{
	gint64 port = control_request_int(arguments, name);

	if (port < 1 || port > 65535)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

/* --- the whole --- */

bool control_request_parse(const char *text, size_t size, struct control_request *ret_request,
			   GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root = NULL;

	if (json_parser_load_from_data(parser, text, (gssize)size, NULL))
		root = json_parser_get_root(parser);
	if (!root) {
		failure_set(error, EINVAL, NULL, "bad request: cannot parse JSON");
		return false;
	}
	if (!JSON_NODE_HOLDS_OBJECT(root)) {
		failure_set(error, EINVAL, NULL, "bad request: json_object() failed");
		return false;
	}
	JsonObject *object = json_node_get_object(root);
	const char *verb = control_request_string(object, "execute");
	if (!verb || !*verb) {
		failure_set(error, EINVAL, NULL, "bad request: no execute found");
		return false;
	}
	JsonNode *arguments = json_object_get_member(object, "arguments");
	ret_request->verb = g_strdup(verb);
	ret_request->arguments = arguments && JSON_NODE_HOLDS_OBJECT(arguments)
					 ? json_object_ref(json_node_get_object(arguments))
					 : json_object_new();
	return true;
}

void control_request_done(struct control_request *request)
{
	g_clear_pointer(&request->verb, g_free);
	g_clear_pointer(&request->arguments, json_object_unref);
}
