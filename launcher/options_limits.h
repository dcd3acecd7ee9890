/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_limits - the options of netns-run that limit what the container may use */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/limit.h"
#include "launcher/rlimits.h"

struct limits_options {
	struct limits limits;	/* --memory, --cpus, ... */
	struct rlimits rlimits; /* --ulimit, --oom-score-adj */
	char *cgroup_parent;	/* --cgroup-parent, or NULL */
};

void limits_options_init(struct limits_options *options);
void limits_options_done(struct limits_options *options);

/* The group's callbacks write to options, which must outlive the parsing. */
GOptionGroup *limits_options_group(struct limits_options *options);

/* Cross checks after the parsing; also raises hard limits where the user may (rlimits.h). */
bool limits_options_check(struct limits_options *options, GError **error);
