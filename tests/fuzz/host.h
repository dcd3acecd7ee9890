/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host - a host of no sockets, whose other ends say what a fuzz target has them say */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * How it works
 *
 * socket(2) and other calls are defined here, for all of the program: what they give is one half of
 * a socket pair. It gets the addresses from us that its family would have: those that it sends to.
 * An odd last byte of an address to connect to is a host that refuses. It never says so at once:
 * libslirp 4.7.0 then frees the SYN while its answer may still be queued in it, but Linux does not
 * either (inet_stream_connect() holds the socket until the RST is looked at).
 */

/*
 * Lets time pass for whoever asks g_get_monotonic_time(): not for GLib's own sources. libslirp
 * keeps what it cannot deliver for a second, one frame of a flow after the other, and does not free
 * what it has at its end.
 */
void host_wait(unsigned seconds);

/* The host's part in one input. With greets all say a few bytes at once, and close. */
void host_begin(bool greets);
void host_end(void);

/*
 * The remote end of a socket sends this; which is 0 for the newest, and is taken modulo their
 * number. Nothing is the end of what it has to say. With answers the first two bytes are those that
 * it has got last, as the id of a DNS message is, behind the length where it is a stream.
 */
void host_say(unsigned which, bool answers, const uint8_t *data, size_t size);

/*
 * A wildcard socket of a gateway (HANDOFF_FD_UDP4). What it is said begins with where a datagram
 * comes from and where it was sent to: an address of its family each, and a port.
 */
int host_open_wildcard(sa_family_t family);

/*
 * A router says that what was sent has failed: the next attempt fails, and the error is there to be
 * read (IP_RECVERR of ip(7)). Of data, the first four bytes are origin, type, code and errno, the
 * others what is quoted.
 */
void host_fail(unsigned which, const uint8_t *data, size_t size);
