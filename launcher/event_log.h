/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_log - the last events of a container, as the lines that their readers get */
#pragma once

#include <glib.h>

#include "src/event_kind.h"
#include "src/json.h"

/* So many are kept: a batch of a thousand ports replaces another without a loss. */
#define EVENT_LOG_SIZE 2048
/* Longest line in bytes, with its newline: what a pipe takes as a whole or not at all (pipe(7)). */
#define EVENT_LINE_MAX 4096

/*
 * How it works
 *
 * Events are numbered from 0 on. A line is one JSON object with "time" (RFC 3339, UTC),
 * "container", "event" and the details of its kind, and ends with a newline.
 */
struct event_log;

/* The name is copied. */
struct event_log *event_log_new(const char *container);
/* Accepts NULL. */
void event_log_free(struct event_log *log);

/*
 * The line of an event of now, the caller's. details may be NULL and stays the caller's; members
 * that every event has are not taken from it, and it is left out when the line would be too long
 * with it.
 */
char *event_log_format(const struct event_log *log, enum event_kind kind, JsonObject *details);

/* Keeps a line, which becomes the log's, and forgets the oldest where there is no room. */
void event_log_append(struct event_log *log, char *line);

/* The number of the oldest event that is kept, and of the one that comes next. */
guint64 event_log_first(const struct event_log *log);
/* See above. */
guint64 event_log_next(const struct event_log *log);

/* A line that is kept, with its length in bytes; it stays the log's. */
const char *event_log_line(const struct event_log *log, guint64 number, size_t *ret_size);
