/* SPDX-License-Identifier: GPL-2.0-or-later */
/* segment_numbers - sequence numbers of a connection between the command and libslirp (RFC 9293) */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "forwarder/frame.h"

/*
 * The command may write any number into its segments. So what it has sent is what libslirp has
 * acknowledged: only the SYN that begins a connection counts by itself. All zero knows nothing yet.
 */
struct segment_numbers {
	uint32_t next_to_command; /* of libslirp's next segment */
	uint32_t received;	  /* of the command's next segment, for libslirp */
	uint32_t edge;		  /* where the window ends that libslirp has told */
};

/* The frame is a SYN of the command's, which begins the connection. */
void segment_numbers_begin(struct segment_numbers *numbers, const struct frame *frame);

/* The frame is a segment of libslirp's, which scales no windows. */
void segment_numbers_note_to_command(struct segment_numbers *numbers, const struct frame *frame);

/*
 * Whether libslirp believes a RST of the command's: it drops one beyond its window (tcp_input()).
 * It may take more than it has told (TCP_RCVSPACE); then this is false, and it is believed all the
 * same.
 */
bool segment_numbers_is_believed(const struct segment_numbers *numbers, const struct frame *frame);
