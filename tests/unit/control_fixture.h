/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_fixture - a container's control context on ports that nobody binds */
#pragma once

#include <glib.h>

#include "forwarder/control.h"

struct control_fixture {
	struct link_config link;
	struct port_table *ports;
	struct ledger *ledger;
	GArray *flows; /* of struct flow_record */
	struct control_context context;
	int publish_errnum; /* what publishing a port fails with, or 0 */
	GString *calls;	    /* one line for each port that was published or unpublished */
};

void control_fixture_init(struct control_fixture *fixture);
void control_fixture_done(struct control_fixture *fixture);

/* The reply to a request; the caller owns it. */
char *control_fixture_execute(const struct control_fixture *fixture, const char *request);
