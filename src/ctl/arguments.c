/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arguments - the command line of netns-ctl */
#include "src/ctl/arguments.h"

#include <string.h>

#include "src/ctl/verbs.h"
#include "src/failure.h"
#include "src/option_bytes.h"
#include "src/state_dir.h"

#define SEE_HELP	"see netns-ctl --help"
#define DEFAULT_SECONDS 10

/* The widest "netns-ctl NAME port rm RULE|ID..." of the help. */
#define SYNOPSIS_WIDTH 38

bool arguments_is_id(const char *operand)
{
	return operand[0] != '\0' && strspn(operand, "0123456789") == strlen(operand);
}

/* "port add" */
static char *verb_name(const struct verb *verb)
{
	return g_strjoin(" ", verb->words[0], verb->words[1], NULL);
}

static char *see_verb_help(const struct verb *verb)
{
	g_autofree char *name = verb_name(verb);

	return g_strdup_printf("see netns-ctl%s %s --help", verb->alone ? "" : " NAME", name);
}

/* --owner USER and --owner=USER; *words stays at the last word of it. */
static bool take_owner(char ***words, struct ctl_options *options, GError **error)
{
	const char *value = strchr(**words, '=');

	if (!value && !(*words)[1]) {
		failure_set(error, 0, SEE_HELP, "--owner needs a user");
		return false;
	}
	g_free(options->owner);
	options->owner = g_strdup(value ? value + 1 : *++*words);
	return true;
}

/* Takes the options that may stand before a verb and between its words. */
static bool take_leading_options(char ***words, struct ctl_options *options, GError **error)
{
	for (; **words && ***words == '-'; ++*words) {
		const char *word = **words;
		if (g_str_equal(word, "-h") || g_str_equal(word, "--help")) {
			options->help = TRUE;
		} else if (g_str_equal(word, "-v") || g_str_equal(word, "--version")) {
			options->version = TRUE;
		} else if (g_str_equal(word, "--json")) {
			options->json = TRUE;
		} else if (g_str_equal(word, "--owner") || g_str_has_prefix(word, "--owner=")) {
			if (!take_owner(words, options, error))
				return false;
		} else {
			failure_set(error, 0, SEE_HELP, "unknown option '%s'", word);
			return false;
		}
	}
	return true;
}

/* The verb that the words begin with; *words is moved behind it. NULL without error: none. */
static const struct verb *find_verb(char ***words, bool alone, struct ctl_options *options,
				    GError **error)
{
	size_t n_verbs;
	const struct verb *table = verbs_table(&n_verbs);
	bool needs_more = false;

	if (!**words)
		return NULL;
	char **behind = *words + 1;
	for (size_t i = 0; i < n_verbs; i++) {
		if (table[i].alone != alone || !g_str_equal(**words, table[i].words[0]))
			continue;
		if (!table[i].words[1]) {
			*words = behind;
			return &table[i];
		}
		if (!needs_more && !take_leading_options(&behind, options, error))
			return NULL;
		needs_more = true;
		if (g_strcmp0(*behind, table[i].words[1]) == 0) {
			*words = behind + 1;
			return &table[i];
		}
	}
	return NULL;
}

static void unknown_verb(const struct ctl_request *request, char **words, GError **error)
{
	size_t n_verbs;
	const struct verb *table = verbs_table(&n_verbs);
	g_autoptr(GString) cure = g_string_new("take one of:");
	g_autofree char *verb = g_strjoinv(" ", words);

	for (size_t i = 0; i < n_verbs; i++) {
		g_autofree char *name = verb_name(&table[i]);
		if (!table[i].alone)
			g_string_append_printf(cure, "%s %s",
					       cure->str[cure->len - 1] == ':' ? "" : ",", name);
	}
	if (verb[0])
		failure_set(error, 0, cure->str, "unknown verb '%s'", verb);
	else
		failure_set(error, 0, cure->str, "what should be done with '%s'?",
			    request->container);
}

/* The verb's own options, with places in this request. The caller frees it, not the texts. */
static GOptionEntry *place_options(const struct verb *verb, struct ctl_options *options)
{
	GArray *entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
	GOptionEntry help = {"help", 'h', 0, G_OPTION_ARG_NONE, &options->help, "print this help",
			     NULL};

	for (const GOptionEntry *entry = verb->options; entry && entry->long_name; entry++) {
		GOptionEntry placed = option_bytes(entry);
		placed.arg_data = (char *)options + (size_t)entry->arg_data;
		g_array_append_val(entries, placed);
	}
	g_array_append_val(entries, help);
	return (GOptionEntry *)(void *)g_array_free(entries, FALSE);
}

static GOptionContext *make_context(const struct verb *verb, struct ctl_options *options)
{
	g_autofree GOptionEntry *entries = place_options(verb, options);
	GOptionContext *context = g_option_context_new(verb->operands);

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_strict_posix(context, verb->stops_at_operand);
	g_option_context_add_main_entries(context, entries, NULL);
	return context;
}

static bool takes_json(const struct verb *verb)
{
	const GOptionEntry *entry = verb->options;

	while (entry && entry->long_name && !g_str_equal(entry->long_name, "json"))
		entry++;
	return entry && entry->long_name;
}

static bool check_operands(const struct ctl_request *request, GError **error)
{
	const struct verb *verb = request->syntax;
	unsigned count = g_strv_length(request->operands);
	g_autofree char *name = verb_name(verb);
	g_autofree char *cure = see_verb_help(verb);

	if (count > verb->max_operands)
		failure_set(error, 0, cure, "'%s' is one word too many",
			    request->operands[verb->max_operands]);
	else if (count < verb->min_operands)
		failure_set(error, 0, cure, "'%s' needs more: %s", name, verb->operands);
	else if (request->options.json && !takes_json(verb))
		failure_set(error, 0, cure, "'%s' has no option --json", name);
	else
		return !verb->check || verb->check(request, error);
	return false;
}

/* Options and operands of the verb; words begins behind it. */
static bool parse_verb(struct ctl_request *request, char **words, GError **error)
{
	g_autoptr(GOptionContext) context = make_context(request->syntax, &request->options);
	g_autoptr(GError) refusal = NULL;
	g_autoptr(GPtrArray) parsed = g_ptr_array_new();

	/* A program's name comes first, and what is taken out is freed. */
	g_ptr_array_add(parsed, g_strdup("netns-ctl"));
	for (; *words; words++)
		g_ptr_array_add(parsed, g_strdup(*words));
	g_ptr_array_add(parsed, NULL);
	g_strfreev(request->words);
	request->words = (char **)g_ptr_array_free(g_steal_pointer(&parsed), FALSE);
	if (!g_option_context_parse_strv(context, &request->words, &refusal)) {
		g_autofree char *cure = see_verb_help(request->syntax);
		request->operands = request->words;
		failure_set(error, 0, cure, "%s", refusal->message);
		return false;
	}
	request->operands = request->words + 1;
	/* GLib leaves it there when more dashes follow. */
	if (g_strcmp0(request->operands[0], "--") == 0)
		request->operands++;
	if (request->options.help)
		return true;
	return check_operands(request, error);
}

static bool parse_words(struct ctl_request *request, char **words, GError **error)
{
	struct ctl_options *options = &request->options;
	g_autoptr(GError) refusal = NULL;

	if (!take_leading_options(&words, options, error))
		return false;
	request->syntax = find_verb(&words, true, options, &refusal);
	if (!request->syntax && words[0] && !refusal) {
		if (!options->help && !options->version && !state_name_check(words[0], error))
			return false;
		request->container = g_strdup(words[0]);
		words++;
		if (!take_leading_options(&words, options, error))
			return false;
		request->syntax = find_verb(&words, false, options, &refusal);
	}
	if (refusal) {
		g_propagate_error(error, g_steal_pointer(&refusal));
		return false;
	}
	if (request->syntax)
		return parse_verb(request, words, error);
	if (options->help || options->version)
		return true;
	if (request->container)
		unknown_verb(request, words, error);
	else
		failure_set(error, 0, SEE_HELP, "nothing to do");
	return false;
}

bool arguments_parse(char **argv, struct ctl_request *ret_request, GError **error)
{
	struct ctl_request request = {
		.argv = argv,
		.options = {.seconds = DEFAULT_SECONDS, .before = CTL_NO_RULE},
	};

	request.words = g_strdupv(argv);
	request.operands = request.words + g_strv_length(request.words);
	if (!parse_words(&request, argv + 1, error)) {
		ctl_request_done(&request);
		return false;
	}
	if (request.options.help)
		request.verb = CTL_HELP;
	else if (request.options.version)
		request.verb = CTL_VERSION;
	else
		request.verb = request.syntax->verb;
	*ret_request = request;
	return true;
}

void ctl_request_done(struct ctl_request *request)
{
	struct ctl_options *options = &request->options;

	g_strfreev(request->words);
	g_free(request->container);
	g_strfreev(options->env);
	g_strfreev(options->filters);
	g_free(options->owner);
	g_free(options->format);
	g_free(options->user);
	g_free(options->workdir);
	g_free(options->interface);
	g_free(options->write);
	g_free(options->duration);
	g_free(options->size);
	g_free(options->count);
	g_free(options->snaplen);
	g_free(options->iterations);
	g_free(options->delay);
	g_free(options->proxy_protocol);
	for (size_t i = 0; i < CTL_N_LIMITS; i++)
		g_free(options->limits[i]);
	*request = (struct ctl_request){0};
}

static char *program_help(void)
{
	GString *text = g_string_new("Usage:\n");
	size_t n_verbs;
	const struct verb *table = verbs_table(&n_verbs);

	for (size_t i = 0; i < n_verbs; i++) {
		g_autofree char *name = verb_name(&table[i]);
		g_autofree char *synopsis =
			g_strjoin(" ", table[i].alone ? "netns-ctl" : "netns-ctl NAME", name,
				  table[i].operands, NULL);
		g_string_append_printf(text, "  %-*s %s\n", SYNOPSIS_WIDTH, synopsis,
				       table[i].summary);
	}
	g_string_append_printf(text, "  %-*s %s\n", SYNOPSIS_WIDTH, "netns-ctl --owner USER ...",
			       "the same with another user's containers, as root");
	g_string_append_printf(text, "  %-*s %s\n", SYNOPSIS_WIDTH, "netns-ctl -h, --help",
			       "print this help; after a verb, its own");
	g_string_append_printf(text, "  %-*s %s\n", SYNOPSIS_WIDTH, "netns-ctl -v, --version",
			       "print the version");
	g_string_append(text,
			"\nExit status: 0 done, 1 the request failed, 125 the command line is "
			"wrong\nor --owner refused; of exec that of CMD, or 125 for a failure of "
			"its own.\n");
	return g_string_free(text, FALSE);
}

char *arguments_help(const struct ctl_request *request)
{
	const struct verb *verb = request->syntax;
	struct ctl_options unused = {0};

	if (!verb)
		return program_help();
	g_autoptr(GOptionContext) context = make_context(verb, &unused);
	g_autofree char *name = verb_name(verb);
	g_autofree char *options = g_option_context_get_help(context, TRUE, NULL);
	/* GLib's own first lines name the program and no verb. */
	const char *list = strstr(options, "\n\n");
	return g_strdup_printf("Usage:\n  netns-ctl%s %s [OPTION...]%s%s\n\n%s%s%s%s",
			       verb->alone ? "" : " NAME", name, verb->operands ? " " : "",
			       verb->operands ? verb->operands : "", verb->summary,
			       list ? list : "\n", verb->explanation ? verb->explanation : "",
			       verb->explanation ? "\n" : "");
}
