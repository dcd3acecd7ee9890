/* SPDX-License-Identifier: GPL-2.0-or-later */
/* traffic_report - the sums over all ways through the forwarder, as `stats` tells them */
#pragma once

#include <stdint.h>

#include "forwarder/frame_flows.h"
#include "forwarder/kernel_path.h"
#include "forwarder/tap.h"
#include "src/json.h"

/* Where the counters are. */
struct traffic_sources {
	const struct tap *tap;
	const struct kernel_path *kernel_path; /* may be NULL */
	struct frame_flows *frame_flows;
	uint64_t rejected, dropped; /* frames of the command, by policy */
};

/*
 * Adds the members "traffic" (by protocol), "tap", "drops" (by reason) and "forwarder" (what this
 * process uses) to an object. `out` is what the command sent, `in` what it got; bytes are payload.
 */
void traffic_report_add(const struct traffic_sources *sources, JsonBuilder *builder);
