/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fragments - puts the fragments of the command's packets together */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "forwarder/frame.h"

/*
 * How it works
 *
 * The command's kernel sends the fragments of a packet one behind the other, and a TAP keeps their
 * order. So a packet grows at its end only; a fragment that does not fit there ends it. A few
 * packets may be in the making; the oldest makes room.
 */
struct fragments;

#define FRAGMENTS_PACKETS_MAX 8

struct fragments *fragments_new(void);
void fragments_free(struct fragments *fragments);

/*
 * Takes a fragment (RFC 791, RFC 8200 4.5). With the last one it returns what IP carried, which is
 * valid until the next call, and its size; NULL else.
 */
const uint8_t *fragments_add(struct fragments *fragments, const struct frame *frame,
			     size_t *ret_size);

/*
 * The same, and with the last one it returns a frame with the whole packet, for the caller to free.
 */
uint8_t *fragments_add_to_frame(struct fragments *fragments, const struct frame *frame,
				size_t *ret_size);
