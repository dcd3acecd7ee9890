/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_identity - who the command is: --uidmap, --gidmap, --user */
#include "launcher/options_identity.h"

#include "launcher/account.h"
#include "src/failure.h"
#include "src/option_bytes.h"

static gboolean parse_map(const char *option, const char *value, struct id_request *request,
			  GError **error)
{
	if (g_str_equal(value, "auto"))
		request->choice = ID_CHOICE_AUTO;
	else if (g_str_equal(value, "single"))
		request->choice = ID_CHOICE_SINGLE;
	else if (id_extents_parse(option, value, &request->extents, error))
		request->choice = ID_CHOICE_EXPLICIT;
	else
		return FALSE;
	return TRUE;
}

static gboolean on_uidmap(const char *name, const char *value, gpointer data, GError **error)
{
	return parse_map(name, value, &((struct identity_options *)data)->uidmap, error);
}

static gboolean on_gidmap(const char *name, const char *value, gpointer data, GError **error)
{
	return parse_map(name, value, &((struct identity_options *)data)->gidmap, error);
}

static gboolean on_user(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			GError **error)
{
	struct identity_options *options = data;

	if (!account_check(value, error))
		return FALSE;
	g_free(options->user);
	options->user = g_strdup(value);
	return TRUE;
}

void identity_options_init(struct identity_options *options)
{
	*options = (struct identity_options){0};
}

void identity_options_done(struct identity_options *options)
{
	g_clear_pointer(&options->user, g_free);
}

GOptionGroup *identity_options_group(struct identity_options *options)
{
	static const GOptionEntry entries[] = {
		{"uidmap", 0, 0, G_OPTION_ARG_CALLBACK, (void *)on_uidmap,
		 "User ids inside; U:H:N[,...]: N ids from U are those from H outside",
		 "auto|single|U:H:N"},
		{"gidmap", 0, 0, G_OPTION_ARG_CALLBACK, (void *)on_gidmap,
		 "Group ids inside (default: as --uidmap)", "auto|single|U:H:N"},
		{"user", 'u', 0, G_OPTION_ARG_CALLBACK, (void *)on_user,
		 "Run CMD as this user of ROOTFS (default: root): UID|NAME[:GID|NAME]", "USER"},
		{0},
	};
	GOptionGroup *group = g_option_group_new(
		"identity", "Identity:", "Show the options of identity", options, NULL);

	option_bytes_add(group, entries);
	return group;
}
