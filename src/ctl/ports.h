/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ports - netns-ctl NAME port ls|add|rm */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"
#include "src/json.h"

/* Prints the published ports as a table or, with --json, as an array. */
bool ports_list(const struct ctl_request *request, GError **error);

/*
 * Publishes the rules in their order and prints each as it was published (with the port that was
 * taken for 0); stops at the first that fails.
 */
bool ports_add(const struct ctl_request *request, GError **error);

/* Removes the ports in their order; stops at the first that fails. */
bool ports_remove(const struct ctl_request *request, GError **error);

/*
 * The entries of list_hostfwd, each an object with a number `id` and a string `rule`. timeout is in
 * milliseconds. The caller owns the array; NULL on error, see client_call().
 */
JsonArray *ports_fetch(const char *container, int timeout, GError **error);
