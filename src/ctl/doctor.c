/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor - netns-ctl doctor: is this machine fit for containers of an ordinary user? */
#include "src/ctl/doctor.h"

#include <stdio.h>
#include <unistd.h>

#include "src/ctl/doctor_files.h"
#include "src/ctl/doctor_trials.h"
#include "src/ctl/finding.h"
#include "src/failure.h"

static unsigned count_problems(const GPtrArray *findings)
{
	unsigned n = 0;

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);
		n += finding->level == FINDING_PROBLEM;
	}
	return n;
}

bool doctor_run(const struct ctl_request *request, GError **error)
{
	g_autoptr(GPtrArray) findings = finding_list_new();
	const struct doctor_host host = {
		.root = "", .uid = getuid(), .gid = getgid(), .user = g_get_user_name()};

	doctor_check_files(&host, findings);
	if (!doctor_run_trials(findings, error))
		return false;
	g_autofree char *text =
		request->options.json ? finding_list_json(findings) : finding_list_text(findings);
	fputs(text, stdout);
	unsigned n_problems = count_problems(findings);
	if (n_problems == 0)
		return true;
	failure_set(error, 0, "the cures stand behind the problems",
		    n_problems == 1 ? "%u problem was found" : "%u problems were found",
		    n_problems);
	return false;
}
