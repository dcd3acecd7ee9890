/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_privilege - the options about capabilities, no_new_privs and system calls */
#include "launcher/options_privilege.h"

#include <errno.h>
#include <string.h>

#include "src/capability.h"
#include "src/failure.h"
#include "src/option_bytes.h"

#define SEE_CAPABILITIES "see capabilities(7) for the names, or write all"

static bool refuse_capability(const char *option, const char *name, GError **error)
{
	g_autofree char *names = capability_suggest(name);
	g_autofree char *cure = g_strconcat("did you mean ", names, "?", NULL);

	failure_set(error, EINVAL, *names ? cure : SEE_CAPABILITIES,
		    "%s: there is no capability '%s'", option, name);
	return false;
}

static bool parse_capabilities(const char *option, const char *list, uint64_t *capabilities,
			       bool *all, GError **error)
{
	g_auto(GStrv) names = g_strsplit(list, ",", -1);
	int number;

	for (char **name = names; *name; name++) {
		g_strstrip(*name);
		if (g_ascii_strcasecmp(*name, "all") == 0)
			*all = true;
		else if (capability_parse(*name, &number))
			*capabilities |= CAPABILITY_BIT(number);
		else
			return refuse_capability(option, *name, error);
	}
	return *names || refuse_capability(option, list, error);
}

static gboolean on_cap_add(const char *name, const char *value, gpointer data, GError **error)
{
	struct privilege_options *options = data;

	return parse_capabilities(name, value, &options->add, &options->add_all, error);
}

static gboolean on_cap_drop(const char *name, const char *value, gpointer data, GError **error)
{
	struct privilege_options *options = data;

	return parse_capabilities(name, value, &options->drop, &options->drop_all, error);
}

static bool set_seccomp(struct privilege_options *options, const char *value, GError **error)
{
	if (!*value) {
		failure_set(error, EINVAL, "write default, unconfined or the path of a JSON file",
			    "the name of a seccomp profile is missing");
		return false;
	}
	g_free(options->seccomp);
	options->seccomp = g_strdup(value);
	return true;
}

static gboolean on_seccomp(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			   GError **error)
{
	return set_seccomp(data, value, error);
}

/* The value of "KEY=VALUE" or, as in older docker, "KEY:VALUE"; NULL for another key. */
static const char *value_of(const char *text, const char *key)
{
	size_t length = strlen(key);
	bool has_key = strncmp(text, key, length) == 0;

	return has_key && text[length] && strchr("=:", text[length]) ? text + length + 1 : NULL;
}

/* "KEY", "KEY=true" or "KEY=false". */
static bool parse_flag(const char *text, const char *key, bool *ret_value)
{
	const char *value = g_str_equal(text, key) ? "true" : value_of(text, key);

	if (!value || (!g_str_equal(value, "true") && !g_str_equal(value, "false")))
		return false;
	*ret_value = g_str_equal(value, "true");
	return true;
}

static gboolean on_security_opt(const char *name, const char *value, gpointer data, GError **error)
{
	struct privilege_options *options = data;
	const char *seccomp = value_of(value, "seccomp");
	bool no_new_privileges;

	if (seccomp)
		return set_seccomp(options, seccomp, error);
	if (parse_flag(value, "socketcall", &options->socketcall))
		return true;
	if (parse_flag(value, "no-new-privileges", &no_new_privileges)) {
		options->new_privileges = !no_new_privileges;
		return true;
	}
	failure_set(error, EINVAL,
		    "write no-new-privileges=true|false, seccomp=unconfined|FILE or "
		    "socketcall=true|false",
		    "%s: '%s' is not known", name, value);
	return false;
}

void privilege_options_init(struct privilege_options *options)
{
	*options = (struct privilege_options){0};
}

void privilege_options_done(struct privilege_options *options)
{
	g_clear_pointer(&options->seccomp, g_free);
}

GOptionGroup *privilege_options_group(struct privilege_options *options)
{
#define CALLBACK(function) G_OPTION_ARG_CALLBACK, (void *)(function)
	const GOptionEntry entries[] = {
		{"cap-add", 0, 0, CALLBACK(on_cap_add),
		 "Give the command this capability, too (repeatable, all)", "NAME[,...]"},
		{"cap-drop", 0, 0, CALLBACK(on_cap_drop),
		 "Take this capability from the command (repeatable, all)", "NAME[,...]"},
		{"seccomp", 0, 0, CALLBACK(on_seccomp),
		 "Allowed system calls: default, unconfined or a profile in the OCI format",
		 "PROFILE"},
		{"security-opt", 0, 0, CALLBACK(on_security_opt),
		 "no-new-privileges=false: set-user-id programs work; socketcall=true: sockets for "
		 "old 32-bit programs; seccomp=PROFILE",
		 "KEY=VALUE"},
		{0},
	};
#undef CALLBACK
	GOptionGroup *group = g_option_group_new(
		"privilege", "Privilege:", "Show the options about privilege", options, NULL);

	option_bytes_add(group, entries);
	return group;
}

bool privilege_options_check(const struct privilege_options *options, GError **error)
{
	uint64_t both = options->add & options->drop;

	for (int i = 0; i < 64; i++) {
		g_autofree char *name = NULL;

		if (!(both & CAPABILITY_BIT(i)))
			continue;
		name = capability_name(i);
		failure_set(error, EINVAL, "give it to --cap-add or to --cap-drop",
			    "%s is both added and dropped", name);
		return false;
	}
	if (options->add_all && options->drop_all) {
		failure_set(error, EINVAL,
			    "name what is to be added, e.g. --cap-drop all --cap-add net_raw",
			    "all capabilities are both added and dropped");
		return false;
	}
	return true;
}
