/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch_start - leaves the verbs that need large libraries to a program of its own */
#include "src/ctl/watch_start.h"

#include <unistd.h>

#include "src/failure.h"
#include "src/sibling.h"

#define PROGRAM "netns-watch"

bool watch_start(const struct ctl_request *request, GError **error)
{
	g_autofree char *program = sibling_find(PROGRAM, "watch/" PROGRAM, error);

	if (!program)
		return false;
	execv(program, request->argv);
	return failure_errno(error, "execute %s", program);
}
