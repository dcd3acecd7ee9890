/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_message - what is said on the launcher's socket: JSON with descriptors */
#include "launcher/session_message.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "src/failure.h"
#include "src/fdpass.h"
#include "src/json_add.h"

static bool parse_members(JsonObject *root, struct session_request *request, GError **error)
{
	JsonNode *verb = json_object_get_member(root, "execute");
	JsonNode *arguments = json_object_get_member(root, "arguments");

	if (!verb || json_node_get_value_type(verb) != JSON_VALUE_STRING) {
		failure_set(error, EINVAL, NULL, "the request has no verb");
		return false;
	}
	if (arguments && !JSON_NODE_HOLDS_OBJECT(arguments)) {
		failure_set(error, EINVAL, NULL, "the request's arguments are no object");
		return false;
	}
	if (!arguments)
		json_object_set_object_member(root, "arguments", json_object_new());
	request->verb = json_node_get_string(verb);
	request->arguments = json_object_get_object_member(root, "arguments");
	return true;
}

bool session_request_parse(const char *text, size_t size, struct session_request *ret_request,
			   GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	struct session_request request = {0};

	if (!g_utf8_validate_len(text, size, NULL) ||
	    !json_parser_load_from_data(parser, text, (gssize)size, NULL) ||
	    !json_parser_get_root(parser) ||
	    !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser))) {
		failure_set(error, EINVAL, NULL, "the request is no JSON object");
		return false;
	}
	request.root = json_node_dup_object(json_parser_get_root(parser));
	if (!parse_members(request.root, &request, error)) {
		json_object_unref(request.root);
		return false;
	}
	*ret_request = request;
	return true;
}

void session_request_done(struct session_request *request)
{
	g_clear_pointer(&request->root, json_object_unref);
}

int session_arguments_signal(JsonObject *arguments, GError **error)
{
	gint64 number = json_object_get_int_member_with_default(arguments, "signal", 0);

	/* What is absent or no number counts as 0: it must not end a container. */
	if (number >= 1 && number < NSIG)
		return (int)number;
	failure_set(error, EINVAL, "take a number from 1 to 64",
		    "there is no signal %" G_GINT64_FORMAT, number);
	return 0;
}

JsonNode *session_unknown_verb(const char *verb, GError **error)
{
	failure_set(error, EOPNOTSUPP, "is netns-ctl newer than this container?",
		    "there is no verb '%s'", verb);
	return NULL;
}

static void send_builder(int socket, JsonBuilder *builder, int fd)
{
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	g_autofree char *text = json_to_string(root, FALSE);

	fdpass_send(socket, text, strlen(text), &fd, fd >= 0 ? 1 : 0, NULL);
}

void session_send_return(int socket, JsonNode *result, int fd)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "return");
	json_builder_add_value(builder, result);
	json_builder_end_object(builder);
	send_builder(socket, builder, fd);
}

JsonNode *session_empty_object(void)
{
	return json_object_new();
}

void session_send_failure(int socket, const GError *failure, int status)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autofree char *cause = failure_cause(failure);
	const char *cure = failure_cure(failure);

	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "error");
	json_builder_begin_object(builder);
	json_add_string(builder, "desc", cause);
	if (cure)
		json_add_string(builder, "hint", cure);
	if (strerrorname_np(failure->code))
		json_add_string(builder, "code", strerrorname_np(failure->code));
	if (status)
		json_add_int(builder, "status", status);
	json_builder_end_object(builder);
	json_builder_end_object(builder);
	send_builder(socket, builder, -1);
}

void session_send_result(int socket, JsonNode *result, const GError *failure)
{
	if (result)
		session_send_return(socket, result, -1);
	else
		session_send_failure(socket, failure, 0);
}

void session_send_stopped(int socket)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	json_add_string(builder, "event", "stopped");
	json_builder_end_object(builder);
	send_builder(socket, builder, -1);
}

void session_send_exited(int socket, int status)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	json_add_string(builder, "event", "exited");
	json_add_int(builder, "status", status);
	json_builder_end_object(builder);
	send_builder(socket, builder, -1);
}
