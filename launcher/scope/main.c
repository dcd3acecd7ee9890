/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-scope - asks systemd for a delegated cgroup, for netns-run */

/*
 * How it works
 *
 *   netns-scope start|attach UNIT PID...
 *
 * Started by launcher/systemd_scope.c, which says why this is a program of its own. Leaves with 0,
 * or writes what has failed to standard output: the error's code, a newline, its message.
 *
 * Trust: it believes netns-run, which has made up the unit's name, and the user's systemd.
 */

#include <errno.h>
#include <stdlib.h>

#include "launcher/scope/conversation.h"
#include "src/failure.h"
#include "src/number.h"

static bool parse_pids(char **words, GArray *pids, GError **error)
{
	for (; *words; words++) {
		guint64 number;
		if (!number_parse(*words, 1, G_MAXINT, "a process", &number, error))
			return false;
		pid_t pid = (pid_t)number;
		g_array_append_val(pids, pid);
	}
	return true;
}

static bool run(int argc, char **argv, GError **error)
{
	g_autoptr(GArray) pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	bool attach = argc > 1 && g_str_equal(argv[1], "attach");

	if (argc < 4 || (!attach && !g_str_equal(argv[1], "start"))) {
		failure_set(error, EINVAL, NULL, "netns-scope is started by netns-run");
		return false;
	}
	if (!parse_pids(argv + 3, pids, error))
		return false;
	const struct scope_request request = {
		.unit = argv[2],
		.pids = (const pid_t *)(const void *)pids->data,
		.n_pids = pids->len,
		.attach = attach,
	};
	return conversation_hold(&request, error);
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;

	if (run(argc, argv, &error))
		return EXIT_SUCCESS;
	g_print("%d\n%s", error->code, error->message);
	return EXIT_FAILURE;
}
