/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events - netns-ctl events, netns-ctl NAME events: what happens to containers, as JSON lines */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/*
 * Prints the events of the request's container until it ends or, without one, of all that run or
 * start later, without end. A container whose launcher was killed gets its "ended" from here, with
 * the status null. One that is over before we have reached it is left out.
 */
bool events_print(const struct ctl_request *request, GError **error);

/* The kinds that --filter event=KIND options name, a bit each (src/event_kind.h); all for none. */
bool events_parse_filters(char **filters, unsigned *ret_kinds, GError **error);
