/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_limit - frames before a limit of bandwidth: what counts of them, and whose turn it is */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "forwarder/fair_queue.h"
#include "forwarder/frame.h"

/* Bytes that count: of TCP the payload, else the IP packet, or what follows the Ethernet header. */
size_t frame_limit_weight(const struct frame *frame);

/* The same for all frames of one flow and direction. */
guint frame_limit_flow(const struct frame *frame);

/* See fair_queue_hold(). handler gets the frame as its data. */
bool frame_limit_hold(struct fair_queue *queue, const struct frame *frame, parcel_handler handler,
		      void *opaque);
