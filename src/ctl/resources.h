/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resources - netns-ctl NAME update|stats: the container's cgroup */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/* Changes the limits that the request names, as netns-run's options of the same names set them. */
bool resources_update(const struct ctl_request *request, GError **error);

/* Prints what the container uses, as a table or, with --json, as an object. */
bool resources_stats(const struct ctl_request *request, GError **error);
