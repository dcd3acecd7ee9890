/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect - netns-ctl NAME inspect: what forwarder and launcher know of a container */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/*
 * Prints one object: what the forwarder answers, and of what the launcher answers the members that
 * the forwarder has not got. One of the two is enough.
 */
bool inspect_print(const struct ctl_request *request, GError **error);
