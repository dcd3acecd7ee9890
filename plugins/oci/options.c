/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - what the network shall be: the hook's arguments and the container's annotations */
#include "plugins/oci/options.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"

#define PROGRAM "netns-oci-hook"

static GOptionContext *make_context(struct oci_options *options)
{
	const GOptionEntry entries[] = {
		{"help", 'h', 0, G_OPTION_ARG_NONE, &options->help, "Print this help", NULL},
		{"version", 'V', 0, G_OPTION_ARG_NONE, &options->version, "Print the version",
		 NULL},
		{0},
	};
	GOptionContext *context = g_option_context_new("[createRuntime|createContainer|poststop]");

	g_option_context_add_main_entries(context, entries, NULL);
	settings_add_groups(&options->settings, context);
	g_option_context_set_summary(context,
				     "A hook for OCI runtimes that gives a container a network. "
				     "Reads its state from standard input.");
	g_option_context_set_description(context,
					 "The container's annotations \"" OCI_ANNOTATION_PREFIX
					 "NAME\": \"VALUE\" stand for options,\n"
					 "but for --egress-file and --sandbox. See "
					 "netns-oci-hook(1).");
	g_option_context_set_help_enabled(context, FALSE);
	return context;
}

/* Takes the words behind the first one; what is no option is left. */
static bool parse(struct oci_options *options, char ***words, GError **error)
{
	g_autoptr(GOptionContext) context = make_context(options);
	g_autoptr(GError) failure = NULL;

	if (g_option_context_parse_strv(context, words, &failure))
		return true;
	if (failure->domain == FAILURE && failure_cure(failure))
		g_propagate_error(error, g_steal_pointer(&failure));
	else
		failure_set(error, EINVAL, "see netns-oci-hook(1)", "%s", failure->message);
	return false;
}

static bool is_stage(const char *word)
{
	static const char *const stages[] = {"createRuntime", "createContainer", "prestart",
					     "poststop"};

	for (size_t i = 0; i < G_N_ELEMENTS(stages); i++)
		if (g_str_equal(word, stages[i]))
			return true;
	return false;
}

bool oci_options_take_arguments(struct oci_options *options, char **argv, GError **error)
{
	const char *const none[] = {PROGRAM, NULL};
	/* A runtime may start us without any words at all. */
	g_auto(GStrv) words = g_strdupv(argv[0] ? argv : (char **)none);

	if (!parse(options, &words, error))
		return false;
	for (char **word = words + 1; *word; word++) {
		if (is_stage(*word))
			continue;
		failure_set(error, EINVAL, "see netns-oci-hook(1)", "unknown argument '%s'", *word);
		return false;
	}
	return true;
}

char *oci_options_help(void)
{
	struct oci_options options;

	oci_options_init(&options);
	g_autoptr(GOptionContext) context = make_context(&options);
	char *text = g_option_context_get_help(context, FALSE, NULL);
	oci_options_done(&options);
	return text;
}

/* --- annotations --- */

static bool take_ifname(struct oci_options *options, const char *value)
{
	g_free(options->settings.network.ifname);
	options->settings.network.ifname = g_strdup(value);
	return true;
}

static bool take_annotation(struct oci_options *options, const char *name, const char *value,
			    GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (g_str_equal(name, "ifname"))
		return take_ifname(options, value);
	if (settings_take_text(&options->settings, name, value, &failure))
		return true;
	if (failure->code == ENOENT && !settings_has_name(name)) {
		g_autofree char *printable = g_strescape(name, NULL);
		failure_set(error, EINVAL, "netns-oci-hook(1) lists those that there are",
			    "unknown annotation " OCI_ANNOTATION_PREFIX "%s", printable);
		return false;
	}
	g_propagate_prefixed_error(error, g_steal_pointer(&failure),
				   "annotation " OCI_ANNOTATION_PREFIX);
	return false;
}

bool oci_options_take_annotations(struct oci_options *options, JsonObject *annotations,
				  GError **error)
{
	const size_t length = strlen(OCI_ANNOTATION_PREFIX);

	/* They may be an image's. */
	settings_fix(&options->settings, "the hook's arguments");
	if (!annotations)
		return true;
	g_autoptr(GList) names = json_object_get_members(annotations);
	for (const GList *at = names; at; at = at->next) {
		const char *name = at->data;
		if (g_str_has_prefix(name, OCI_ANNOTATION_PREFIX) &&
		    !take_annotation(options, name + length,
				     json_object_get_string_member(annotations, name), error))
			return false;
	}
	return true;
}

/* --- all of it --- */

bool oci_options_check(struct oci_options *options, GError **error)
{
	const char *given = options->settings.network.ifname;
	g_autofree char *ifname = g_strdup(given ? given : "eth0");

	return settings_check(&options->settings, ifname, error);
}

void oci_options_init(struct oci_options *options)
{
	*options = (struct oci_options){.version = FALSE};
	settings_init(&options->settings);
}

void oci_options_done(struct oci_options *options)
{
	settings_done(&options->settings);
}
