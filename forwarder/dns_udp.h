/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_udp - questions to the container's resolver in datagrams, as frames */
#pragma once

#include <stdbool.h>

#include "forwarder/dns.h"
#include "forwarder/frame.h"
#include "forwarder/tap.h"

struct dns_udp;

/* All must outlive it. */
struct dns_udp *dns_udp_new(struct dns *dns, struct tap *tap, const struct link_config *link);
/* Accepts NULL. */
void dns_udp_free(struct dns_udp *udp);

/*
 * Takes a datagram to the resolver, one that is no fragment. A question that is sent again while
 * it is not answered yet is not asked again.
 */
void dns_udp_frame_from_tap(struct dns_udp *udp, const struct frame *frame);
