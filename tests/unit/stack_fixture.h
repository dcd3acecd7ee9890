/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_fixture - the command's and the host's side of a stack under test */
#pragma once

#include <glib.h>

#include "forwarder/frame.h"
#include "forwarder/stack.h"
#include "tests/unit/packet.h"

/* Longest wait for a frame or an event of the host, in seconds. */
#define DEADLINE_S 30
#define MAC	   0x02, 0x00, 0x00, 0x00, 0x00, 0xaa

struct stack_fixture {
	struct link_config link;
	struct stack *stack;
	GPtrArray *frames; /* of GBytes, from the stack */
	bool running;	   /* becomes false with each frame */
};

/* A stack with a link of its own, without frames. */
void stack_fixture_init(struct stack_fixture *f);
void stack_fixture_done(struct stack_fixture *f);
/* Drives it for one turn of the loop. */
void stack_fixture_run_once(struct stack_fixture *f);
/* The index of the first frame from `first` on that has this EtherType, run for if need be. */
guint stack_fixture_expect_ethertype(struct stack_fixture *f, uint16_t type, guint first);
/* The next IP frame of the protocol. */
struct frame stack_fixture_expect_ip(struct stack_fixture *f, uint8_t protocol);
void stack_fixture_send_arp(struct stack_fixture *f, uint8_t operation, const char *target);
/* Puts a packet in, with the IPv4 header checksum (RFC 1071) that libslirp insists on. */
void stack_fixture_send_packet(struct stack_fixture *f, struct packet *packet);
int stack_fixture_connect_to(const char *host, int type, uint16_t port);
/* Publishes a free port of the host's address to port 80 inside; its socket is the binding's. */
struct port_binding stack_fixture_publish(struct stack_fixture *f, int protocol, const char *host);
/* Closes the socket, too. */
void stack_fixture_unpublish(struct stack_fixture *f, const struct port_binding *binding);
