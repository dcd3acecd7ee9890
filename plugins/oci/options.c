/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - what the network shall be: the hook's arguments and the container's annotations */
#include "plugins/oci/options.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"

#define PROGRAM "netns-oci-hook"

enum kind {
	ONE,  /* one value */
	MANY, /* values separated by commas */
	FLAG, /* "true" or "false" */
};

/* Of netns-run's options those that a container's own file may have. */
static const struct annotation {
	const char *name;
	enum kind kind;
} known[] = {
	{"publish", MANY},    {"link", ONE},	   {"ifname", ONE},	    {"mtu", ONE},
	{"mac", ONE},	      {"cidr", ONE},	   {"cidr6", ONE},	    {"no-ipv6", FLAG},
	{"udp-timeout", ONE}, {"host-port", MANY}, {"host-loopback", FLAG}, {"outbound", MANY},
};

static GOptionContext *make_context(struct oci_options *options)
{
	const GOptionEntry entries[] = {
		{"help", 'h', 0, G_OPTION_ARG_NONE, &options->help, "Print this help", NULL},
		{"version", 'V', 0, G_OPTION_ARG_NONE, &options->version, "Print the version",
		 NULL},
		{0},
	};
	GOptionContext *context = g_option_context_new("[createRuntime|poststop]");

	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_add_group(context, network_options_group(&options->network));
	g_option_context_add_group(context, outbound_options_group(&options->outbound));
	g_option_context_set_summary(context,
				     "A hook for OCI runtimes that gives a container a network. "
				     "Reads its state from standard input.");
	g_option_context_set_description(context,
					 "The container's annotations \"" OCI_ANNOTATION_PREFIX
					 "NAME\": \"VALUE\" are as good as options.\n"
					 "See netns-oci-hook(1).");
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
	static const char *const stages[] = {"createRuntime", "prestart", "poststop"};

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

static const struct annotation *find(const char *name, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (g_str_equal(known[i].name, name))
			return &known[i];
	g_autofree char *printable = g_strescape(name, NULL);
	failure_set(error, EINVAL, "netns-oci-hook(1) lists those that there are",
		    "unknown annotation " OCI_ANNOTATION_PREFIX "%s", printable);
	return NULL;
}

static bool take_flag(GPtrArray *words, const char *name, const char *value, GError **error)
{
	if (g_str_equal(value, "true")) {
		g_ptr_array_add(words, g_strdup_printf("--%s", name));
		return true;
	}
	if (g_str_equal(value, "false"))
		return true;
	failure_set(error, EINVAL, "write \"true\" or \"false\"", "it is neither true nor false");
	return false;
}

static bool take_values(GPtrArray *words, const struct annotation *annotation, const char *value,
			GError **error)
{
	if (annotation->kind == FLAG)
		return take_flag(words, annotation->name, value, error);
	if (annotation->kind == ONE) {
		g_ptr_array_add(words, g_strdup_printf("--%s=%s", annotation->name, value));
		return true;
	}
	/* It may be empty. */
	g_auto(GStrv) values = g_strsplit(value, ",", -1);
	for (char **one = values; *one; one++)
		g_ptr_array_add(words,
				g_strdup_printf("--%s=%s", annotation->name, g_strstrip(*one)));
	return true;
}

static bool take_annotation(struct oci_options *options, const char *name, const char *value,
			    GError **error)
{
	const struct annotation *annotation = find(name, error);
	GPtrArray *words = g_ptr_array_new();

	g_ptr_array_add(words, g_strdup(PROGRAM));
	g_autoptr(GError) failure = NULL;
	bool ok = annotation && take_values(words, annotation, value, &failure);
	g_ptr_array_add(words, NULL);
	g_auto(GStrv) vector = (char **)g_ptr_array_free(words, FALSE);
	if (!annotation)
		return false;
	if (ok && parse(options, &vector, &failure))
		return true;
	g_propagate_prefixed_error(error, g_steal_pointer(&failure),
				   "annotation " OCI_ANNOTATION_PREFIX "%s: ", name);
	return false;
}

bool oci_options_take_annotations(struct oci_options *options, JsonObject *annotations,
				  GError **error)
{
	const size_t length = strlen(OCI_ANNOTATION_PREFIX);

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
	struct network_options *network = &options->network;

	if (network->mode != NETWORK_USER) {
		failure_set(error, EINVAL, "leave --net out",
			    "the container's network is what this hook makes");
		return false;
	}
	if (network->sockets->len) {
		failure_set(error, EINVAL, "name a host port",
			    "a hook inherits no sockets to publish");
		return false;
	}
	return network_options_check(network, error) &&
	       outbound_options_check(&options->outbound, network, error);
}

void oci_options_init(struct oci_options *options)
{
	*options = (struct oci_options){.version = FALSE};
	network_options_init(&options->network);
}

void oci_options_done(struct oci_options *options)
{
	network_options_done(&options->network);
}
