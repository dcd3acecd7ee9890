/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_process - the options about CMD's process: environment, directory, terminal, detaching */
#include "launcher/options_process.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "launcher/environment.h"
#include "src/failure.h"
#include "src/option_bytes.h"

static gboolean on_env(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
		       GError **error)
{
	return environment_add(((struct process_options *)data)->variables, value, error);
}

static gboolean on_env_file(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			    GError **error)
{
	return environment_add_file(((struct process_options *)data)->files, value, error);
}

static gboolean on_workdir(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			   GError **error)
{
	struct process_options *options = data;

	if (!g_path_is_absolute(value)) {
		failure_set(error, EINVAL, "give the absolute path of a directory inside ROOTFS",
			    "--workdir '%s' does not start with /", value);
		return false;
	}
	g_free(options->workdir);
	options->workdir = g_strdup(value);
	return true;
}

/* It becomes a name in /etc/hosts, too. */
static bool is_hostname(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if (!g_ascii_isalnum(text[i]) && (i == 0 || !strchr("-._", text[i])))
			return false;
	return length > 0 && length <= HOST_NAME_MAX && !strstr(text, "..");
}

static gboolean on_hostname(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			    GError **error)
{
	struct process_options *options = data;

	if (!is_hostname(value)) {
		g_autofree char *printable = g_strescape(value, NULL);
		failure_set(error, EINVAL,
			    "take up to 64 letters, digits and -._, the first alphanumeric",
			    "'%s' cannot be a host name", printable);
		return false;
	}
	g_free(options->hostname);
	options->hostname = g_strdup(value);
	return true;
}

static gboolean on_init(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			GError **error)
{
	struct process_options *options = data;
	bool on = !value || g_str_equal(value, "on");

	if (!on && !g_str_equal(value, "off")) {
		failure_set(error, EINVAL, "write --init=on or --init=off", "--init cannot be '%s'",
			    value);
		return false;
	}
	options->init = on;
	return true;
}

void process_options_init(struct process_options *options)
{
	*options = (struct process_options){
		.variables = g_ptr_array_new_with_free_func(g_free),
		.files = g_ptr_array_new_with_free_func(g_free),
		.init = true,
	};
}

void process_options_done(struct process_options *options)
{
	g_ptr_array_unref(options->variables);
	g_ptr_array_unref(options->files);
	g_free(options->workdir);
	g_free(options->hostname);
	g_free(options->log_file);
}

GOptionGroup *process_options_group(struct process_options *options)
{
#define CALLBACK(function) G_OPTION_ARG_CALLBACK, (void *)(function)
#define SWITCH(member)	   G_OPTION_ARG_NONE, &options->member
	const GOptionEntry entries[] = {
		{"env", 'e', 0, CALLBACK(on_env),
		 "Set a variable for the command, or take the caller's", "NAME[=VALUE]"},
		{"env-file", 0, 0, CALLBACK(on_env_file),
		 "The same for each line of a file; --env wins", "FILE"},
		{"clear-env", 0, 0, SWITCH(clear_env),
		 "Do not pass the caller's environment to the command", NULL},
		{"workdir", 'w', 0, CALLBACK(on_workdir), "Working directory of the command",
		 "PATH"},
		{"hostname", 0, 0, CALLBACK(on_hostname),
		 "Host name inside (default: the container's name)", "NAME"},
		{"tty", 't', 0, SWITCH(tty), "Give the command a new terminal of its own", NULL},
		{"interactive", 'i', 0, SWITCH(accepted),
		 "Pass on the input; always done, accepted as docker's", NULL},
		{"detach", 'd', 0, SWITCH(detach), "Leave the container running and print its name",
		 NULL},
		{"log-file", 0, 0, G_OPTION_ARG_FILENAME, &options->log_file,
		 "Append the output of a detached command to this file", "FILE"},
		/* Twice, so that the name alone does not take the next word as its value. */
		{"init", 0, G_OPTION_FLAG_NO_ARG | G_OPTION_FLAG_HIDDEN, CALLBACK(on_init), "",
		 NULL},
		{"init", 0, G_OPTION_FLAG_NOALIAS, CALLBACK(on_init),
		 "PID 1 is ours (default) or the command itself", "on|off"},
		{"die-with-parent", 0, 0, SWITCH(die_with_parent),
		 "End when the process that started netns-run ends", NULL},
		{"rm", 0, 0, SWITCH(accepted),
		 "Leave nothing behind; always done, accepted as docker's", NULL},
		{0},
	};
#undef CALLBACK
#undef SWITCH
	GOptionGroup *group = g_option_group_new("process", "Process:", "Options about the process",
						 options, NULL);

	option_bytes_add(group, entries);
	return group;
}

bool process_options_check(const struct process_options *options, GError **error)
{
	if (options->detach && options->die_with_parent) {
		failure_set(error, EINVAL, "leave one of them out",
			    "--detach and --die-with-parent exclude each other");
		return false;
	}
	if (options->log_file && !options->detach) {
		failure_set(error, EINVAL, "add --detach, or redirect the output: >FILE",
			    "--log-file is for --detach only");
		return false;
	}
	return true;
}
