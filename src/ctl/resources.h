/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resources - netns-ctl NAME update: the limits of the container's cgroup */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/* Changes the limits that the request names, as netns-run's options of the same names set them. */
bool resources_update(const struct ctl_request *request, GError **error);
