/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_peers - which loopback clients of published UDP ports may be answered */
#pragma once

#include <stdbool.h>

#include "forwarder/frame.h"
#include "src/link_config.h"

/*
 * A client on the host's loopback that speaks to a published UDP port reaches the command from the
 * gateway's address. The command's answer goes to that address, where the host's loopback is
 * closed: what came from there is remembered for as long as libslirp remembers it, and may be
 * answered. TCP needs none of this, its answers are not SYNs.
 */
struct udp_peers;

/* link must outlive it. */
struct udp_peers *udp_peers_new(const struct link_config *link);
void udp_peers_free(struct udp_peers *peers);

/* Notes a frame on its way to the command, if it is a datagram from the gateway's address. */
void udp_peers_note_to_tap(struct udp_peers *peers, const struct frame *frame);

/* True if a frame from the command answers a datagram that was noted. */
bool udp_peers_is_answer_from_tap(const struct udp_peers *peers, const struct frame *frame);
