/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats - netns-ctl [NAME] stats: what containers use, and what goes through their networks */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"
#include "src/json.h"

/*
 * What launcher, forwarder and the kernel tell of a container, in one object: the members of its
 * cgroup ("memory", "cpu", "pids", "io", "paused"), and where it has a network of ours "network"
 * and "forwarder". timeout is in milliseconds, for each that is asked. The caller owns the object.
 * NULL where nobody tells anything, with the launcher's error.
 */
JsonObject *stats_fetch(const char *container, int timeout, GError **error);

/* The texts of --format: NULL is "text". False with an error for another. */
bool stats_check_format(const char *format, GError **error);

/* Prints the stats of the request's container, or of all that run. */
bool stats_print(const struct ctl_request *request, GError **error);
