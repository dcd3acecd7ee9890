/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_endpoint - a service of the forwarder's own that the command reaches by TCP, as frames */
#pragma once

#include "forwarder/frame.h"
#include "forwarder/tcp_stream.h"

struct tcp_endpoint;

/* What it works with; all must outlive it. */
struct tcp_endpoint_context {
	const struct link_config *link;
	ip_frame_sink send_frame_to_tap;
	void *opaque; /* the sink's */
	struct tcp_service service;
};

#define TCP_STREAMS_MAX 64

struct tcp_endpoint *tcp_endpoint_new(const struct tcp_endpoint_context *context);
/* Streams end with a RST. Accepts NULL. */
void tcp_endpoint_free(struct tcp_endpoint *endpoint);

/*
 * Takes a segment from the command to any address and port that the service is at; one that is no
 * fragment, and has ports. Of more than TCP_STREAMS_MAX connections that one is reset on which
 * nothing has happened for the longest time.
 */
void tcp_endpoint_frame_from_tap(struct tcp_endpoint *endpoint, const struct frame *frame);

/* How many connections there are, half open ones among them. */
unsigned tcp_endpoint_count(const struct tcp_endpoint *endpoint);
