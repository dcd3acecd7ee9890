/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_notice - tells the launcher which ports are published, with their sockets */
#pragma once

#include <glib.h>

#include "forwarder/notifier.h"
#include "src/port_set.h"

/*
 * Tells of a change of the port table (see port_table_observer) in notices of the kind
 * NOTICE_PORTS, as many as it takes. What the launcher does not get, because it is gone or too
 * slow, a later forwarder does not have: there is nobody else to tell.
 */
void port_notice_send(struct notifier *notifier, const GArray *removed,
		      const struct port_set *added);
