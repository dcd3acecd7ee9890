/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bandwidth - netns-ctl NAME rate: the limits of bandwidth */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/* Checks the operands, pairs of a direction and a rate, by their grammar. */
bool bandwidth_check(const struct ctl_request *request, GError **error);

/* Sets what the operands say, or prints what holds. */
bool bandwidth_run(const struct ctl_request *request, GError **error);
