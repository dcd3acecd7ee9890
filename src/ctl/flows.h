/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows - netns-ctl NAME flows: a container's connections and exchanges of datagrams */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"
#include "src/json.h"

/*
 * All flows of a container, each an object as the forwarder tells it (netns-ctl-protocol(7)), in
 * the order in which they began. timeout is in milliseconds, for all pages together. The caller
 * owns the array; NULL on error, see client_call().
 */
JsonArray *flows_fetch(const char *container, int timeout, GError **error);

/*
 * Adds to each flow "processes": who holds its socket in the container, objects with "pid" (there),
 * "host_pid" and "name". Flows without a socket, or of others than the container's processes, stay
 * as they are; so do all if the container cannot be looked into.
 */
void flows_add_processes(const char *container, JsonArray *flows);

/* Prints them as a table or, with --json, as an array; with --watch again each second. */
bool flows_print(const struct ctl_request *request, GError **error);
