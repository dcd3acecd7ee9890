/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ports - netns-ctl NAME port ls|add|rm|replace */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"
#include "src/port_rule.h"
#include "src/json.h"

/* Prints the published ports as a table or, with --json, as an array. */
bool ports_list(const struct ctl_request *request, GError **error);

/*
 * Publishes the rules, all or none, and prints each as it was published (with the port that was
 * taken for 0); with --replace as ports_replace().
 */
bool ports_add(const struct ctl_request *request, GError **error);

/* The same, and removes all others. */
bool ports_replace(const struct ctl_request *request, GError **error);

/* Removes the ports, all or none. */
bool ports_remove(const struct ctl_request *request, GError **error);

/* Gives the rule what --proxy-protocol asks for. False for another version, and for UDP. */
bool ports_take_proxy(const struct ctl_options *options, struct port_rule *rule, GError **error);

/*
 * The entries of list_hostfwd, each an object with a number `id` and a string `rule`. timeout is in
 * milliseconds. The caller owns the array; NULL on error, see client_call().
 */
JsonArray *ports_fetch(const char *container, int timeout, GError **error);
