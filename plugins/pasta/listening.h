/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listening - which ports the kernel's tables of sockets say are open to others (proc(5)) */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Adds the port of a line of /proc/net/tcp, tcp6, udp or udp6 to listening, an array of 65536, if
 * others can reach it: not one of the loopback alone, nor of UDP one that the kernel gives to
 * clients. Other lines, and what is malformed, add nothing. protocol is IPPROTO_TCP or IPPROTO_UDP.
 */
void listening_read_line(const char *line, int protocol, bool *listening);

enum listening_families { LISTENING_V4 = 1, LISTENING_V6 = 2 };

/*
 * The other way round, for a line of /proc/net/tcp or tcp6: adds to families, an array of 65536, at
 * which addresses of the loopback a client reaches the port, 127.0.0.1 or ::1.
 */
void listening_read_loopback_line(const char *line, uint8_t *families);
