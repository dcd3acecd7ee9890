/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events - what happens to the container, told to all who want to know */
#pragma once

#include <glib.h>

#include "launcher/event_log.h"
#include "launcher/event_reader.h"
#include "src/json.h"

/*
 * How it works
 *
 * The launcher tells of the container's start and end, of what it does itself, and of what its
 * forwarder tells it (src/notice.h). Readers are the --events-fd and clients of the launcher's
 * socket (launcher/session_server.h). The last EVENT_LOG_SIZE events are kept for those who come
 * late.
 */
struct events;

/* The name is copied. */
struct events *events_new(const char *container);
/* Ends all readers, too. Accepts NULL. */
void events_free(struct events *events);

/* Gives readers a moment to read what there is: the last that they will get. */
void events_finish(struct events *events);

/* Something has happened now. details become the function's; NULL: there are none. */
void events_emit(struct events *events, enum event_kind kind, JsonObject *details);

/* A notice of the kind NOTICE_EVENT. Events of a kind that we do not know are left out. */
void events_take_notice(struct events *events, JsonObject *notice);

/*
 * Tells of the ports in which two sets of rules (arrays of struct port_rule) differ. A rule is the
 * same where its id and its text are. before may be NULL: there were none.
 */
void events_compare_ports(struct events *events, const GArray *before, const GArray *after);

/* Adds a reader, see event_reader_new(); it stays the events'. */
struct event_reader *events_add_reader(struct events *events, int fd, guint64 last);
/* Ends one. Accepts NULL. */
void events_remove_reader(struct events *events, struct event_reader *reader);
