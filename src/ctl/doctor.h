/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor - netns-ctl doctor: is this machine fit for containers of an ordinary user? */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/* Prints each finding with its cure. False, without more to say, where there is a problem. */
bool doctor_run(const struct ctl_request *request, GError **error);
