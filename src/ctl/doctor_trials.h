/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_trials - what netns-run itself says when it tries a thing */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Runs netns-run once for each thing that may fail on a machine (namespaces, both links, overlays,
 * limits) with true(1) as the command, and adds its own cause and cure as findings: a probe that
 * is not the real thing can be wrong. False when there is no netns-run to try.
 */
bool doctor_run_trials(GPtrArray *findings, GError **error);
