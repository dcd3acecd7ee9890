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

/*
 * Enters the sandbox (sandbox.h) and starts threads. state_fd is the directory that the process may
 * have to remove, or -1.
 */
bool forwarder_lock_down(struct forwarder *forwarder, int state_fd, GError **error);
/* One line for the user on what the sandbox lacks, or NULL. The caller frees. */
char *forwarder_note(const struct forwarder *forwarder);

/* What is published; it stays the forwarder's. */
const struct port_table *forwarder_ports(const struct forwarder *forwarder);

/* The host's name servers from now on: text as in the start message. */
void forwarder_set_resolv_conf(struct forwarder *forwarder, const char *text);

/*
 * An upgrade, see succession.h: leaves, takes the place of another before it runs, and goes on with
 * what it has taken.
 */
bool forwarder_yield(struct forwarder *forwarder, int socket, GError **error);
void forwarder_resume(struct forwarder *forwarder);
bool forwarder_receive(struct forwarder *forwarder, int socket, GError **error);
bool forwarder_go(struct forwarder *forwarder, GError **error);

/* Runs the main loop until *running is false. */
void forwarder_run(struct forwarder *forwarder, const bool *running);
