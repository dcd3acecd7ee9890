/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status - how a process ended, as an exit status */
#include "launcher/status.h"

#include <sys/wait.h>

int status_to_exit(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

char *status_explain(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return g_strdup_printf("was killed by signal %d (%s)", WTERMSIG(wait_status),
				       g_strsignal(WTERMSIG(wait_status)));
	return g_strdup_printf("ended with status %d", WEXITSTATUS(wait_status));
}
