/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_limits - the options of netns-run that limit what the container may use */
#include "launcher/options_limits.h"

#include <errno.h>

#include "src/failure.h"
#include "src/option_bytes.h"

static gboolean on_limit(const char *name, const char *value, gpointer data, GError **error)
{
	struct limits_options *options = data;

	/* GOption gives the name with its dashes. */
	return limits_parse_member(&options->limits, name + 2, value, error);
}

static gboolean on_ulimit(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			  GError **error)
{
	struct limits_options *options = data;

	return rlimits_parse(&options->rlimits, value, error);
}

static gboolean on_oom_score(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			     GError **error)
{
	struct limits_options *options = data;

	return rlimits_parse_oom_score(&options->rlimits, value, error);
}

static gboolean on_cgroup_parent(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
				 GError **error)
{
	struct limits_options *options = data;

	if (*value != '/') {
		failure_set(error, EINVAL,
			    "give an absolute path, as below /sys/fs/cgroup or with it",
			    "--cgroup-parent '%s' is no absolute path", value);
		return false;
	}
	g_free(options->cgroup_parent);
	options->cgroup_parent = g_strdup(value);
	return true;
}

void limits_options_init(struct limits_options *options)
{
	*options = (struct limits_options){0};
}

void limits_options_done(struct limits_options *options)
{
	g_clear_pointer(&options->cgroup_parent, g_free);
}

GOptionGroup *limits_options_group(struct limits_options *options)
{
#define CALLBACK(function) G_OPTION_ARG_CALLBACK, (void *)(function)
	static const GOptionEntry entries[] = {
		{"memory", 0, 0, CALLBACK(on_limit), "Memory at most: 512m, 1.5g, ...", "SIZE"},
		{"memory-swap", 0, 0, CALLBACK(on_limit),
		 "Memory and swap together at most (default: twice)", "SIZE"},
		{"cpus", 0, 0, CALLBACK(on_limit), "CPU time at most, in CPUs: 1.5", "N"},
		{"cpuset-cpus", 0, 0, CALLBACK(on_limit), "Run only on these CPUs: 0-2,5", "LIST"},
		{"pids-limit", 0, 0, CALLBACK(on_limit), "Processes and threads at most", "N"},
		{"io-weight", 0, 0, CALLBACK(on_limit),
		 "Share of a busy disk, 1 to 10000 (others: 100)", "N"},
		{"ulimit", 0, 0, CALLBACK(on_ulimit),
		 "Limit of each process, as setrlimit(2) (repeatable)", "NAME=SOFT[:HARD]"},
		{"oom-score-adj", 0, 0, CALLBACK(on_oom_score),
		 "Who is killed first when memory runs out, up to 1000", "N"},
		{"cgroup-parent", 0, 0, CALLBACK(on_cgroup_parent),
		 "Delegated cgroup below which the container gets its own", "DIR"},
		{0},
	};
#undef CALLBACK
	GOptionGroup *group = g_option_group_new("limits", "Limits:", "Show the options on limits",
						 options, NULL);

	option_bytes_add(group, entries);
	return group;
}

bool limits_options_check(struct limits_options *options, GError **error)
{
	return limits_check(&options->limits, error) &&
	       rlimits_raise_hard(&options->rlimits, error);
}
