/* SPDX-License-Identifier: GPL-2.0-or-later */
/* successor - what the next forwarder is to start with, as the one that runs has told */
#include "launcher/successor.h"

#include "src/autoclose.h"
#include "src/notice.h"

static void keep_fd(const struct successor *successor, enum handoff_fd place, int *fd)
{
	close_fd(&successor->fds[place]);
	successor->fds[place] = successor->start->fds[place] = g_steal_fd(fd);
}

void successor_take_notice(const struct successor *successor, const char *kind, JsonObject *notice,
			   int *fds, size_t n_fds)
{
	if (g_str_equal(kind, NOTICE_EGRESS) && n_fds > 0)
		keep_fd(successor, HANDOFF_FD_EGRESS, &fds[0]);
	/* What is malformed changes nothing. */
	else if (g_str_equal(kind, NOTICE_RATES))
		(void)rates_read(notice, &successor->start->rates, NULL);
}
