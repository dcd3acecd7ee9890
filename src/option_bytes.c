/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option_bytes - options whose values are taken as they are, in every locale */
#include "src/option_bytes.h"

/* What GLib calls a file's name is what it leaves alone. */
GOptionEntry option_bytes(const GOptionEntry *entry)
{
	GOptionEntry bytes = *entry;

	if (bytes.arg == G_OPTION_ARG_STRING)
		bytes.arg = G_OPTION_ARG_FILENAME;
	else if (bytes.arg == G_OPTION_ARG_STRING_ARRAY)
		bytes.arg = G_OPTION_ARG_FILENAME_ARRAY;
	else if (bytes.arg == G_OPTION_ARG_CALLBACK && !(bytes.flags & G_OPTION_FLAG_NO_ARG))
		bytes.flags |= G_OPTION_FLAG_FILENAME;
	return bytes;
}

void option_bytes_add(GOptionGroup *group, const GOptionEntry *entries)
{
	for (const GOptionEntry *entry = entries; entry->long_name; entry++) {
		const GOptionEntry one[] = {option_bytes(entry), {0}};

		g_option_group_add_entries(group, one);
	}
}
