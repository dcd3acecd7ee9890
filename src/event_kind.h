/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_kind - what can happen to a container, by the names that its events have */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

enum event_kind {
	EVENT_STARTED,
	EVENT_ENDED,
	EVENT_PORT_ADDED,
	EVENT_PORT_REMOVED,
	EVENT_FLOW_DENIED,
	EVENT_FORWARDER_RESTARTED,
	EVENT_FORWARDER_UPGRADED,
	EVENT_RESOLVER_CHANGED,
	EVENT_LOST, /* not of the container: events that the reader does not get */
	EVENT_N_KINDS,
};

/* "port-added". */
const char *event_kind_name(enum event_kind kind);

/* Its opposite; false, with EINVAL and all names as its cure, for what is none. */
bool event_kind_parse(const char *name, enum event_kind *ret_kind, GError **error);
