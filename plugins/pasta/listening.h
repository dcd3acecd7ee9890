/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listening - which ports the kernel's tables of sockets say are open to others (proc(5)) */
#pragma once

#include <stdbool.h>

/*
 * Adds the port of a line of /proc/net/tcp, tcp6, udp or udp6 to listening, an array of 65536, if
 * others can reach it: not one of the loopback alone, nor of UDP one that the kernel gives to
 * clients. Other lines, and what is malformed, add nothing. protocol is IPPROTO_TCP or IPPROTO_UDP.
 */
void listening_read_line(const char *line, int protocol, bool *listening);
