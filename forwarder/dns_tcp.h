/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_tcp - questions to the container's resolver by TCP (RFC 7766) */
#pragma once

#include "forwarder/dns.h"
#include "forwarder/frame.h"
#include "forwarder/tap.h"

struct dns_tcp;

/* All must outlive it. */
struct dns_tcp *dns_tcp_new(struct dns *dns, struct tap *tap, const struct link_config *link);
/* Accepts NULL. */
void dns_tcp_free(struct dns_tcp *tcp);

/* Takes a segment to the resolver, one that has ports. */
void dns_tcp_frame_from_tap(struct dns_tcp *tcp, const struct frame *frame);
