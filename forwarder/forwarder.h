/* SPDX-License-Identifier: GPL-2.0-or-later */
/* forwarder - one container's network: wires TAP, policy, stack, ports and control together */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "forwarder/notifier.h"
#include "forwarder/port_table.h"
#include "src/handoff.h"

struct forwarder;

/*
 * Takes the descriptors but the TAP out of start (they are -1 afterwards) and
 * publishes its ports. start and notifier must outlive the forwarder.
 */
struct forwarder *forwarder_new(struct handoff_start *start, struct notifier *notifier,
				GError **error);
void forwarder_free(struct forwarder *forwarder);

/* What is published; it stays the forwarder's. */
const struct port_table *forwarder_ports(const struct forwarder *forwarder);

/* Runs the main loop until *running is false. */
void forwarder_run(struct forwarder *forwarder, const bool *running);
