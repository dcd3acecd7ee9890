/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_fixture - a client of a tcp_endpoint, and a service that sends back what it reads */
#pragma once

#include "forwarder/tcp_endpoint.h"
#include "forwarder/tcp_frame.h"

struct tcp_fixture {
	struct link_config link;
	struct tcp_endpoint *endpoint;
	struct tcp_stream *stream; /* of the service, or NULL */
	bool does_not_read;
	GQueue frames; /* of GBytes: to the client */
	unsigned lose; /* one in so many frames to the client is lost */
	unsigned n_frames;
	/* the client's */
	const char *address, *server;
	uint32_t sequence, expected;
	uint16_t window;
	GByteArray *received;
	bool has_ended;
};

void tcp_fixture_init(struct tcp_fixture *f, unsigned mtu, bool is_v6);
void tcp_fixture_done(struct tcp_fixture *f);

/* Shakes hands; mss is the client's option, 0: none. */
void tcp_fixture_connect(struct tcp_fixture *f, uint16_t mss);

/* A segment of the client's as its numbers are, without data. */
struct tcp_segment tcp_fixture_segment(const struct tcp_fixture *f, uint8_t flags);
/* Sends one as it is; one of flags alone; one with data, which the sequence then counts. */
void tcp_fixture_send(struct tcp_fixture *f, const struct tcp_segment *segment);
void tcp_fixture_send_flags(struct tcp_fixture *f, uint8_t flags);
void tcp_fixture_send_data(struct tcp_fixture *f, const char *data, size_t size);

/* Takes what has come, as TCP does: acknowledges all that is in order, which is then received. */
void tcp_fixture_receive(struct tcp_fixture *f);
/* Takes the next segment, which has these flags; its data is gone. */
struct tcp_segment tcp_fixture_expect(struct tcp_fixture *f, uint8_t flags);
