/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_kind - what can happen to a container, by the names that its events have */
#include "src/event_kind.h"

#include <errno.h>

#include "src/failure.h"

static const char *const names[] = {
	[EVENT_STARTED] = "started",
	[EVENT_ENDED] = "ended",
	[EVENT_PORT_ADDED] = "port-added",
	[EVENT_PORT_REMOVED] = "port-removed",
	[EVENT_FLOW_DENIED] = "flow-denied",
	[EVENT_FORWARDER_RESTARTED] = "forwarder-restarted",
	[EVENT_FORWARDER_UPGRADED] = "forwarder-upgraded",
	[EVENT_RESOLVER_CHANGED] = "resolver-changed",
	[EVENT_LOST] = "lost",
};

G_STATIC_ASSERT(G_N_ELEMENTS(names) == EVENT_N_KINDS);

const char *event_kind_name(enum event_kind kind)
{
	return names[kind];
}

bool event_kind_parse(const char *name, enum event_kind *ret_kind, GError **error)
{
	g_autoptr(GString) cure = g_string_new("take one of: ");

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_equal(name, names[i])) {
			*ret_kind = (enum event_kind)i;
			return true;
		}
		g_string_append_printf(cure, "%s%s", i ? ", " : "", names[i]);
	}
	failure_set(error, EINVAL, cure->str, "there are no events '%s'", name);
	return false;
}
