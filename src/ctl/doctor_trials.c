/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_trials - what netns-run itself says when it tries a thing */
#include "src/ctl/doctor_trials.h"

#include <string.h>

#include "src/ctl/finding.h"
#include "src/failure.h"
#include "src/sibling.h"

struct trial {
	const char *subject;
	const char *success;
	enum finding_level failure; /* how bad it is */
	const char *options[4];	    /* NULL-terminated */
};

/* Each needs those above it: a failed first one makes the rest pointless. */
static const struct trial trials[] = {
	{"namespaces", "a container starts", FINDING_PROBLEM, {"--net=none"}},
	{"link tap", "works", FINDING_PROBLEM, {"--link=tap"}},
	{"link gateway", "works: TCP at the kernel's speed", FINDING_NOTE, {"--link=gateway"}},
	{"--disposable", "overlays can be mounted", FINDING_NOTE, {"--net=none", "--disposable"}},
	{"processes limit",
	 "cgroups are delegated: --pids-limit works",
	 FINDING_NOTE,
	 {"--net=none", "--pids-limit=100"}},
	{"memory limit", "--memory works", FINDING_NOTE, {"--net=none", "--memory=64m"}},
	{"processor limit", "--cpus works", FINDING_NOTE, {"--net=none", "--cpus=1"}},
};

/* What stands behind "netns-run: " and "netns-run: hint: " in two lines of standard error. */
static void add_failure(GPtrArray *findings, const struct trial *trial, const char *output)
{
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	const char *cause = "netns-run failed without a word", *cure = NULL;

	for (char **line = lines; *line; line++) {
		if (g_str_has_prefix(*line, "netns-run: hint: "))
			cure = *line + strlen("netns-run: hint: ");
		else if (g_str_has_prefix(*line, "netns-run: "))
			cause = *line + strlen("netns-run: ");
	}
	finding_add(findings, trial->failure, trial->subject, cure, "%s", cause);
}

static bool run_trial(const char *launcher, const struct trial *trial, GPtrArray *findings,
		      GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autofree char *output = NULL;
	g_autoptr(GError) failure = NULL;
	int status;

	g_ptr_array_add(argv, (gpointer)launcher);
	for (size_t i = 0; trial->options[i]; i++)
		g_ptr_array_add(argv, (gpointer)trial->options[i]);
	g_ptr_array_add(argv, (gpointer) "/");
	g_ptr_array_add(argv, (gpointer) "true");
	g_ptr_array_add(argv, NULL);
	if (!g_spawn_sync("/", (char **)argv->pdata, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
			  NULL, &output, &status, &failure)) {
		failure_set(error, 0, NULL, "%s", failure->message);
		return false;
	}
	if (g_spawn_check_wait_status(status, NULL))
		finding_add(findings, FINDING_OK, trial->subject, NULL, "%s", trial->success);
	else
		add_failure(findings, trial, output);
	return true;
}

static bool has_failed(const GPtrArray *findings)
{
	const struct finding *last = g_ptr_array_index(findings, findings->len - 1);

	return last->level == FINDING_PROBLEM;
}

bool doctor_run_trials(GPtrArray *findings, GError **error)
{
	g_autofree char *launcher = sibling_find("netns-run", "../../launcher/netns-run", error);

	if (!launcher)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(trials); i++) {
		if (!run_trial(launcher, &trials[i], findings, error))
			return false;
		if (i == 0 && has_failed(findings))
			break;
	}
	return true;
}
