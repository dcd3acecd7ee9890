/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arguments - the command line of netns-ctl */
#include "src/ctl/arguments.h"

#include <limits.h>
#include <string.h>

#include "src/failure.h"
#include "src/port_rule.h"
#include "src/state_dir.h"

#define SEE_HELP "see netns-ctl --help"

typedef bool (*operand_check)(const char *operand, GError **error);

/* How a verb is written behind the container's name, and what follows it. */
struct verb_syntax {
	const char *words[2];
	enum ctl_verb verb;
	bool takes_json;
	operand_check check_operand; /* NULL: takes no operands, else at least one */
};

bool arguments_is_id(const char *operand)
{
	return operand[0] != '\0' && strspn(operand, "0123456789") == strlen(operand);
}

static bool check_rule(const char *operand, GError **error)
{
	struct port_rule rule;

	return port_rule_parse(operand, &rule, error);
}

static bool check_rule_or_id(const char *operand, GError **error)
{
	struct port_rule rule;

	if (!arguments_is_id(operand))
		return port_rule_parse_host(operand, &rule, error);
	if (g_ascii_string_to_unsigned(operand, 10, 1, UINT_MAX, NULL, NULL))
		return true;
	failure_set(error, 0, "netns-ctl NAME port ls shows the ids", "'%s' is not a port's id",
		    operand);
	return false;
}

static const struct verb_syntax syntaxes[] = {
	{{"port", "ls"}, CTL_PORT_LIST, true, NULL},
	{{"port", "add"}, CTL_PORT_ADD, false, check_rule},
	{{"port", "rm"}, CTL_PORT_REMOVE, false, check_rule_or_id},
	{{"inspect", NULL}, CTL_INSPECT, false, NULL},
};

static const struct verb_syntax list_syntax = {{"ls", NULL}, CTL_LIST, true, NULL};

struct options {
	bool help, version, json;
};

/* Takes the options out of words, wherever they stand. */
static bool take_options(char **words, struct options *options, GError **error)
{
	char **kept = words;

	for (char **word = words; *word; word++) {
		if (g_str_equal(*word, "-h") || g_str_equal(*word, "--help")) {
			options->help = true;
		} else if (g_str_equal(*word, "-v") || g_str_equal(*word, "--version")) {
			options->version = true;
		} else if (g_str_equal(*word, "--json")) {
			options->json = true;
		} else if ((*word)[0] == '-') {
			failure_set(error, 0, SEE_HELP, "unknown option '%s'", *word);
			return false;
		} else {
			*kept++ = *word;
		}
	}
	*kept = NULL;
	return true;
}

/* Compares the words of a verb; returns how many it has, or 0 where they differ. */
static unsigned match_words(const struct verb_syntax *syntax, char **words)
{
	unsigned n = 0;

	while (n < G_N_ELEMENTS(syntax->words) && syntax->words[n]) {
		if (g_strcmp0(words[n], syntax->words[n]) != 0)
			return 0;
		n++;
	}
	return n;
}

static bool parse_operands(const struct verb_syntax *syntax, char **operands, GError **error)
{
	if (!syntax->check_operand && operands[0]) {
		failure_set(error, 0, SEE_HELP, "'%s' is one word too many", operands[0]);
		return false;
	}
	if (syntax->check_operand && !operands[0]) {
		failure_set(error, 0, SEE_HELP, "'%s %s' needs the ports to work on",
			    syntax->words[0], syntax->words[1]);
		return false;
	}
	for (char **operand = operands; *operand; operand++) {
		if (!syntax->check_operand(*operand, error))
			return false;
	}
	return true;
}

static bool parse_verb(const struct verb_syntax *syntax, char **operands,
		       const struct options *options, struct ctl_request *request, GError **error)
{
	if (options->json && !syntax->takes_json) {
		failure_set(error, 0, SEE_HELP, "'%s' has no option --json",
			    syntax->words[1] ? syntax->words[1] : syntax->words[0]);
		return false;
	}
	request->verb = syntax->verb;
	request->json = options->json;
	request->operands = operands;
	return parse_operands(syntax, operands, error);
}

static bool parse_container_verb(char **words, const struct options *options,
				 struct ctl_request *request, GError **error)
{
	if (!state_name_check(words[0], error))
		return false;
	request->container = words[0];
	for (size_t i = 0; i < G_N_ELEMENTS(syntaxes); i++) {
		unsigned n_words = match_words(&syntaxes[i], words + 1);
		if (n_words)
			return parse_verb(&syntaxes[i], words + 1 + n_words, options, request,
					  error);
	}
	g_autofree char *verb = g_strjoinv(" ", words + 1);
	if (verb[0])
		failure_set(error, 0, "take one of: port ls, port add, port rm, inspect",
			    "unknown verb '%s'", verb);
	else
		failure_set(error, 0, "take one of: port ls, port add, port rm, inspect",
			    "what should be done with '%s'?", words[0]);
	return false;
}

bool arguments_parse(char **argv, struct ctl_request *ret_request, GError **error)
{
	struct ctl_request request = {0};
	struct options options = {0};
	char **words = argv + 1;

	if (!take_options(words, &options, error))
		return false;
	if (options.help || options.version) {
		request.verb = options.help ? CTL_HELP : CTL_VERSION;
	} else if (!words[0]) {
		failure_set(error, 0, SEE_HELP, "nothing to do");
		return false;
	} else if (match_words(&list_syntax, words)) {
		if (!parse_verb(&list_syntax, words + 1, &options, &request, error))
			return false;
	} else if (!parse_container_verb(words, &options, &request, error)) {
		return false;
	}
	*ret_request = request;
	return true;
}
