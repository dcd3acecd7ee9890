/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list - netns-ctl ls: the running containers */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/*
 * Prints the running containers as a table or, with --json, as an array of their states with their
 * ports added. A container that is still starting or does not answer is shown with what is known.
 */
bool list_containers(const struct ctl_request *request, GError **error);
