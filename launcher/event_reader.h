/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_reader - one who reads a container's events, at his own pace */
#pragma once

#include "launcher/event_log.h"

/*
 * How it works
 *
 * A reader is a place in the log and costs no memory for what it has not read. Writing never waits:
 * what does not fit comes when there is room again, in the default main context. One who is left
 * behind by the log gets a line of the kind "lost", with their number as "count", in the place of
 * those that are gone.
 */
struct event_reader;

/*
 * fd stays the caller's and must outlive the reader. A socket of packets gets one line a packet,
 * without the newline; whatever else gets lines. last: how many of the past events it wants. Does
 * not write yet. Where it can, a pipe or terminal is opened anew, so that others who have it do not
 * find it non-blocking. log must outlive the reader.
 */
struct event_reader *event_reader_new(const struct event_log *log, int fd, guint64 last);
/* Accepts NULL. */
void event_reader_free(struct event_reader *reader);

/* Writes what the log has for it. To be called when the log has grown. */
void event_reader_catch_up(struct event_reader *reader);

/* The same, but waits for room until the deadline, of g_get_monotonic_time(). */
void event_reader_finish(struct event_reader *reader, gint64 deadline);
