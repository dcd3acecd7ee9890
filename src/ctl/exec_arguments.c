/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_arguments - what the launcher is told of a command that it shall start */
#include <errno.h>
#include <string.h>

#include "src/ctl/exec.h"
#include "src/failure.h"

static bool check_text(const char *text, const char *what, GError **error)
{
	if (g_utf8_validate(text, -1, NULL))
		return true;
	g_autofree char *printable = g_strescape(text, NULL);
	failure_set(error, EILSEQ, "let a shell inside make it: exec sh -c 'printf ...'",
		    "%s \"%s\" is not UTF-8", what, printable);
	return false;
}

static bool add_text(JsonObject *object, const char *name, const char *text, GError **error)
{
	if (!text)
		return true;
	if (!check_text(text, name, error))
		return false;
	json_object_set_string_member(object, name, text);
	return true;
}

static bool add_argv(JsonObject *object, char **words, GError **error)
{
	JsonArray *array = json_array_new();

	json_object_set_array_member(object, "argv", array);
	for (; *words; words++) {
		if (!check_text(*words, "argument", error))
			return false;
		json_array_add_string_element(array, *words);
	}
	return true;
}

/* Variables that are the caller's and have no value here are left out. */
static bool add_variable(JsonArray *array, const char *variable, char **environment, GError **error)
{
	g_autofree char *text = g_strdup(variable);

	if (!strchr(variable, '=')) {
		const char *value = g_environ_getenv(environment, variable);
		if (!value)
			return true;
		g_free(text);
		text = g_strconcat(variable, "=", value, NULL);
	}
	if (!check_text(text, "variable", error))
		return false;
	json_array_add_string_element(array, text);
	return true;
}

static bool add_env(JsonObject *object, const struct ctl_options *options, char **environment,
		    GError **error)
{
	JsonArray *array = json_array_new();

	json_object_set_array_member(object, "env", array);
	/* First, so that a --env of the same name wins. */
	if (options->tty && !add_variable(array, "TERM", environment, error))
		return false;
	for (char **variable = options->env; variable && *variable; variable++) {
		if (!add_variable(array, *variable, environment, error))
			return false;
	}
	return true;
}

JsonObject *exec_arguments(const struct ctl_request *request, char **environment, GError **error)
{
	const struct ctl_options *options = &request->options;
	g_autoptr(JsonObject) object = json_object_new();

	json_object_set_boolean_member(object, "tty", options->tty);
	if (!add_argv(object, request->operands, error) ||
	    !add_env(object, options, environment, error) ||
	    !add_text(object, "user", options->user, error) ||
	    !add_text(object, "workdir", options->workdir, error))
		return NULL;
	return g_steal_pointer(&object);
}
