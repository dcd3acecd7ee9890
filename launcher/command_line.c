/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command_line - what netns-run and its relatives do with their options alike */
#include "launcher/command_line.h"

#include <errno.h>

#include "src/failure.h"

bool command_line_parse(GOptionContext *context, char ***words, const char *program, GError **error)
{
	g_autofree char *cure = g_strdup_printf("see %s --help", program);
	g_autoptr(GError) refusal = NULL;
	bool parsed = g_option_context_parse_strv(context, words, &refusal);

	if (parsed)
		return true;
	if (refusal->domain == FAILURE && failure_cure(refusal))
		g_propagate_error(error, g_steal_pointer(&refusal));
	else
		failure_set(error, EINVAL, cure, "%s", refusal->message);
	return false;
}
