/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_egress - the part of the command line that is about what may leave */
#include "launcher/options_egress.h"

#include <errno.h>

#include "src/failure.h"
#include "src/number.h"
#include "src/option_bytes.h"

static void note_given(struct egress_options *options, const char *name)
{
	if (!options->given)
		options->given = name;
}

static gboolean on_egress(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			  GError **error)
{
	struct egress_options *options = data;

	note_given(options, "--egress");
	options->set->is_fallback_fixed = true;
	return egress_action_parse(value, &options->set->fallback, error);
}

static bool add_rule(struct egress_options *options, enum egress_action action, const char *text,
		     GError **error)
{
	g_autofree char *printable = g_strescape(text, NULL);
	struct egress_rule *rule = egress_rule_parse(action, text, error);

	note_given(options, action == EGRESS_ALLOW ? "--allow" : "--deny");
	if (rule)
		return egress_set_add(options->set, rule, 0, error);
	g_prefix_error(error, "--%s '%s': ", egress_action_name(action), printable);
	return false;
}

static gboolean on_allow(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			 GError **error)
{
	return add_rule(data, EGRESS_ALLOW, value, error);
}

static gboolean on_deny(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			GError **error)
{
	return add_rule(data, EGRESS_DENY, value, error);
}

static gboolean on_file(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			GError **error)
{
	struct egress_options *options = data;

	note_given(options, "--egress-file");
	if (options->file) {
		failure_set(error, EINVAL, "put all rules into one file",
			    "--egress-file can be given once");
		return false;
	}
	options->file = g_strdup(value);
	return true;
}

static gboolean on_pin(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
		       GError **error)
{
	struct egress_options *options = data;
	guint64 seconds;

	note_given(options, "--egress-pin");
	if (!number_parse(value, 1, EGRESS_PIN_SECONDS_MAX, "--egress-pin in seconds", &seconds,
			  error))
		return false;
	options->set->pin_seconds = (unsigned)seconds;
	return true;
}

GOptionGroup *egress_options_group(struct egress_options *options)
{
#define CALLBACK(function) G_OPTION_ARG_CALLBACK, (void *)(function)
	const GOptionEntry entries[] = {
		{"egress", 0, 0, CALLBACK(on_egress),
		 "What CMD may reach where no rule matches (default: allow)", "allow|deny"},
		{"allow", 0, 0, CALLBACK(on_allow),
		 "Let CMD reach this (repeatable; the first rule that matches holds): "
		 "[tcp:|udp:|icmp:]IP|CIDR|NAME|*.NAME|@private|@metadata|@host[:PORT[-PORT]]",
		 "RULE"},
		{"deny", 0, 0, CALLBACK(on_deny), "Do not let CMD reach this (repeatable)", "RULE"},
		{"egress-file", 0, 0, CALLBACK(on_file),
		 "Take more rules from this file, behind those of options", "FILE"},
		{"egress-pin", 0, 0, CALLBACK(on_pin),
		 "Keep what a name led to open for so long at least (default: 60)", "SECONDS"},
		{0},
	};
#undef CALLBACK
	GOptionGroup *group =
		g_option_group_new("egress", "Egress:", "Show options of egress", options, NULL);

	option_bytes_add(group, entries);
	return group;
}

void egress_options_init(struct egress_options *options)
{
	*options = (struct egress_options){.set = egress_set_new()};
}

void egress_options_done(struct egress_options *options)
{
	egress_set_free(options->set);
	g_free(options->file);
}

static bool read_file(struct egress_options *options, GError **error)
{
	if (!options->file || egress_set_take_file(options->set, options->file, error))
		return true;
	g_prefix_error(error, "--egress-file: ");
	return false;
}

/* Whoever writes --allow alone means that the rest is denied. It is not. */
static bool check_effect(const struct egress_set *set, GError **error)
{
	if (set->rules->len == 0 || !egress_set_is_open(set))
		return true;
	failure_set(error, EINVAL, "add --egress deny",
		    "egress rules that only allow have no effect where all is allowed");
	return false;
}

bool egress_options_check(struct egress_options *options, enum network_mode mode, GError **error)
{
	if (!options->given)
		return true;
	if (mode != NETWORK_USER) {
		failure_set(error, EINVAL, "leave one of them out",
			    "%s has no meaning with --net=%s", options->given,
			    network_mode_name(mode));
		return false;
	}
	return read_file(options, error) && check_effect(options->set, error);
}
