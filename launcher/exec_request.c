/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_request - the `exec` message as a command */
#include "launcher/exec_request.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "launcher/session_message.h"
#include "src/failure.h"

static bool refuse(const char *member, GError **error)
{
	failure_set(error, EINVAL, NULL, "the exec's member '%s' is malformed", member);
	return false;
}

/* The strings of an array member; *ret_strings is a vector of the caller's, empty where absent. */
static bool take_strings(JsonObject *arguments, const char *name, char ***ret_strings,
			 GError **error)
{
	JsonNode *node = json_object_get_member(arguments, name);
	g_autoptr(GStrvBuilder) strings = g_strv_builder_new();

	if (node && !JSON_NODE_HOLDS_ARRAY(node))
		return refuse(name, error);
	JsonArray *array = node ? json_node_get_array(node) : NULL;
	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		JsonNode *element = json_array_get_element(array, i);
		if (json_node_get_value_type(element) != JSON_VALUE_STRING)
			return refuse(name, error);
		g_strv_builder_add(strings, json_node_get_string(element));
	}
	*ret_strings = g_strv_builder_end(strings);
	return true;
}

/* A string member; NULL where it is absent. It belongs to the object. */
static bool take_string(JsonObject *arguments, const char *name, const char **ret_text,
			GError **error)
{
	JsonNode *node = json_object_get_member(arguments, name);

	if (!node || JSON_NODE_HOLDS_NULL(node))
		return true;
	if (json_node_get_value_type(node) != JSON_VALUE_STRING)
		return refuse(name, error);
	*ret_text = json_node_get_string(node);
	return true;
}

/* A dimension of a terminal; 0 where it is absent or senseless. */
static unsigned short take_size(JsonObject *arguments, const char *name)
{
	gint64 size = json_object_get_int_member_with_default(arguments, name, 0);

	return size >= 0 && size <= USHRT_MAX ? (unsigned short)size : 0;
}

/* Another user has another home. */
static char **add_variables(char *const *base, bool keep_home, char **variables)
{
	char **environment = g_strdupv((char **)base);

	if (!keep_home)
		environment = g_environ_unsetenv(environment, "HOME");
	for (char **variable = variables; *variable; variable++) {
		g_auto(GStrv) parts = g_strsplit(*variable, "=", 2);
		if (parts[0] && parts[0][0] && parts[1])
			environment = g_environ_setenv(environment, parts[0], parts[1], TRUE);
	}
	return environment;
}

static bool take_arguments(JsonObject *arguments, const struct command *base,
			   struct exec_request *request, GError **error)
{
	struct command *command = &request->command;
	const char *directory = NULL;
	g_auto(GStrv) variables = NULL;

	if (!take_strings(arguments, "argv", &request->argv, error) ||
	    !take_strings(arguments, "env", &variables, error) ||
	    !take_string(arguments, "workdir", &directory, error) ||
	    !take_string(arguments, "user", &command->user, error))
		return false;
	if (!request->argv[0])
		return refuse("argv", error);
	request->environment = add_variables(base->environment ? base->environment : environ,
					     command->user == base->user, variables);
	command->argv = request->argv;
	command->environment = request->environment;
	command->size = (struct winsize){
		.ws_row = take_size(arguments, "rows"),
		.ws_col = take_size(arguments, "columns"),
	};
	command->tty = json_object_get_boolean_member_with_default(arguments, "tty", FALSE);
	command->is_init = false;
	if (directory) {
		command->directory = directory;
		command->directory_required = true;
	}
	return true;
}

bool exec_request_parse(const char *text, size_t size, const struct command *base,
			struct exec_request *ret_request, GError **error)
{
	struct session_request message;
	struct exec_request request = {.command = *base};

	if (!session_request_parse(text, size, &message, error))
		return false;
	request.root = message.root;
	if (!take_arguments(message.arguments, base, &request, error)) {
		exec_request_done(&request);
		return false;
	}
	*ret_request = request;
	return true;
}

void exec_request_done(struct exec_request *request)
{
	g_clear_pointer(&request->argv, g_strfreev);
	g_clear_pointer(&request->environment, g_strfreev);
	g_clear_pointer(&request->root, json_object_unref);
}
