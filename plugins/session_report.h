/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_report - tells others about a network for namespaces of others: its state.json */
#pragma once

#include "src/handoff.h"
#include "src/json.h"

/*
 * One JSON object as launcher/report.h has it, without what only a command of ours has: name, pid
 * (of the calling process), net, the link, ports, started, and the members of description. The
 * caller owns the string.
 */
char *session_report(const char *name, const struct handoff_start *start, JsonObject *description);
