/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_flows - which flows pass through libslirp, as their frames tell */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "forwarder/flow_page.h"
#include "forwarder/frame.h"
#include "forwarder/ledger.h"

/*
 * libslirp tells little of its connections, and only as a text. So the frames are watched that go
 * in and out of it: a few comparisons for each, and no more than FRAME_FLOWS_MAX flows; the one
 * that was idle longest makes room. A flow ends with its RST, some seconds after both FINs, or when
 * libslirp forgets it (udp.h's SO_EXPIRE).
 *
 * It only observes. Numbers that a command invents are not believed: what libslirp has received it
 * acknowledges itself. By segments that libslirp drops for another reason (a wrong checksum) a
 * command can at most hide its own flow until the next answer, and decides nothing by it.
 */
struct frame_flows;

#define FRAME_FLOWS_MAX 16384

/* ledger must outlive it. now_s: a clock in seconds; NULL: the system's (CLOCK_MONOTONIC). */
struct frame_flows *frame_flows_new(struct ledger *ledger, int64_t (*now_s)(void));
void frame_flows_free(struct frame_flows *flows);

/* Take note of a frame that libslirp gets, or has sent. */
void frame_flows_note_from_command(struct frame_flows *flows, const struct frame *frame);
/* True if the command has sent datagrams to where this one comes from: it is an answer. */
bool frame_flows_note_to_command(struct frame_flows *flows, const struct frame *frame);

/*
 * Whether a frame belongs to a flow that goes on already, so that nobody needs to be asked: not a
 * SYN that begins a connection, nor what has no ports.
 */
bool frame_flows_knows_from_command(struct frame_flows *flows, const struct frame *frame);
bool frame_flows_knows_to_command(struct frame_flows *flows, const struct frame *frame);

/* A flow that was cut. Numbers of TCP by which either side can be reset. */
struct frame_flows_cut {
	struct flow_ends ends;
	int protocol; /* IPPROTO_* */
	uint32_t next_from_command, next_to_command;
};

typedef void (*frame_flows_cutter)(const struct frame_flows_cut *cut, void *opaque);

/* Forgets the flows that may not go on, but for those of published ports; on_cut gets each. */
void frame_flows_cut(struct frame_flows *flows, flow_judge may_go_on, void *judge,
		     frame_flows_cutter on_cut, void *opaque);

/* Adds the flows to a page. */
void frame_flows_list(struct frame_flows *flows, struct flow_page *page);

enum frame_flows_protocol { FRAME_FLOWS_TCP, FRAME_FLOWS_UDP, FRAME_FLOWS_ICMP, FRAME_FLOWS_N };

/* Of one protocol, since the start. Bytes are payload. */
struct frame_flows_traffic {
	uint64_t packets_from_command, packets_to_command;
	uint64_t bytes_from_command, bytes_to_command;
	uint64_t opened;
	unsigned active; /* now */
};

struct frame_flows_stats {
	struct frame_flows_traffic traffic[FRAME_FLOWS_N];
	uint64_t evicted;
};

/* What has passed since the start, and what there is now. */
void frame_flows_get_stats(struct frame_flows *flows, struct frame_flows_stats *ret_stats);
