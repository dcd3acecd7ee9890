/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record - what is told of a running container: state.json and events follow its changes */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "launcher/events.h"
#include "launcher/report.h"
#include "src/port_set.h"
#include "src/state_dir.h"

/* Filled in by its owner, but for what is said to be the record's. */
struct record {
	struct state_dir *state;
	struct port_set *ports; /* changed by notices */
	struct events *events;
	struct report_forwarder forwarder; /* pid 0: the container has none */
	char *json;			   /* text of state.json; the record's once it has begun */
	GArray *told;  /* the record's, of struct port_rule: ports that readers of events know */
	guint settled; /* the record's: source that tells of changed ports, or 0 */
	bool told_of_ping; /* that the host does not allow it */
};

/* The container runs: tells of its ports. What is written to state.json is `json` from here on. */
void record_begin(struct record *record);
void record_done(struct record *record);
/* Tells at once of changes that have come, instead of when the main loop is idle. */
void record_settle(struct record *record);

/* Takes a notice of the forwarder (launcher/notices.h). */
void record_take_notice(struct record *record, const char *kind, JsonObject *notice, int *fds,
			size_t n_fds);

/*
 * The calling process has locked itself in (launcher/lock_down.h): what it has is
 * "launcher_sandbox" from here on. sandbox becomes the function's.
 */
void record_locked_in(struct record *record, JsonObject *sandbox);

/* Another forwarder serves, because the one before died; cause is what became of that. */
void record_restarted(struct record *record, pid_t pid, const char *cause);
/* Another forwarder serves, and the one before has handed over to it. */
void record_upgraded(struct record *record, pid_t pid);
