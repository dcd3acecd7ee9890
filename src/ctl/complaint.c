/* SPDX-License-Identifier: GPL-2.0-or-later */
/* complaint - how netns-ctl tells what went wrong */
#include "src/ctl/complaint.h"

#include <stdio.h>

#include "src/ctl/terminal.h"
#include "src/failure.h"

#define PROGRAM "netns-ctl"

void complaint_print(const GError *failure)
{
	g_autofree char *raw_cause = failure_cause(failure);
	g_autofree char *cause = terminal_text(raw_cause);
	const char *raw_cure = failure_cure(failure);
	g_autofree char *cure = raw_cure ? terminal_text(raw_cure) : NULL;
	g_autoptr(GError) clean = NULL;

	failure_set(&clean, failure->code, cure, "%s", cause);
	failure_print(PROGRAM, clean);
}

bool complaint_flush_output(GError **error)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	return failure_errno(error, "write to standard output");
}
