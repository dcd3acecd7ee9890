/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxy_header - tells a service who its client is, by the PROXY protocol of HAProxy */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest line of version 1 (section 2.1); a header of version 2 has 52 bytes at most. */
#define PROXY_HEADER_SIZE 108

/*
 * Builds the header of version 1 or 2 for the accepted TCP connection client: its two ends as the
 * host sees them; IPv4 on a socket of both families is IPv4. Returns its size, 0 with errno set
 * when the connection is gone.
 */
size_t proxy_header_build(unsigned version, int client, uint8_t buffer[static PROXY_HEADER_SIZE]);

/*
 * Sends it as the first bytes on a stream that nobody has written to, non-blocking or not. False
 * with errno set.
 */
bool proxy_header_send(unsigned version, int client, int stream);
