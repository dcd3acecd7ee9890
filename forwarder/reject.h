/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reject - frames that tell the command why its packet went nowhere */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "forwarder/frame.h"

enum reject_reason {
	REJECT_REFUSED,		 /* nobody listens: TCP RST, else ICMP port unreachable */
	REJECT_PROHIBITED,	 /* policy: TCP RST, else ICMP administratively prohibited */
	REJECT_HOST_UNREACHABLE, /* ICMP host unreachable; ICMPv6 address unreachable */
	REJECT_NET_UNREACHABLE,	 /* ICMP network unreachable; ICMPv6 no route */
};

/* The reason that fits a connect() error: ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EACCES, ... */
enum reject_reason reject_reason_of_errno(int errnum);

/* Room for every answer: Ethernet, IPv6, ICMPv6 and as much of the packet as RFC 4443 quotes. */
#define REJECT_FRAME_SIZE 1294

/*
 * Builds the answer to an IP frame into buffer (REJECT_FRAME_SIZE bytes): Ethernet addresses
 * swapped, a RST by the rules of RFC 9293 3.5.2 or an ICMP error by RFC 1812 and RFC 4443.
 * Checksums are complete. Returns its size, or 0 when no answer may be given: to fragments but the
 * first, to RSTs, to ICMP errors, to multicast and broadcast.
 */
size_t reject_build(const struct frame *frame, enum reject_reason reason, uint8_t *buffer);
