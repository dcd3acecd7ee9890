/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listening - which ports the kernel's tables of sockets say are open to others (proc(5)) */
#include "plugins/pasta/listening.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

/* The kernel's states of sockets, as these files have them. */
#define STATE_LISTEN 0x0a
#define STATE_CLOSE  0x07 /* UDP that is not connected */
/* A namespace begins with these for its clients (ip_local_port_range). */
#define CLIENT_FIRST 32768
#define CLIENT_LAST  60999

/* All of the address, or the part of a v4-mapped one that is IPv4, is 127.x.x.x or ::1. */
static bool is_loopback(const char *address)
{
	static const char loopback6[] = "00000000000000000000000001000000";
	static const char mapped[] = "0000000000000000FFFF0000";
	size_t length = strlen(address);

	if (length == 32 &&
	    (g_str_equal(address, loopback6) ||
	     (g_str_has_prefix(address, mapped) && g_str_has_suffix(address, "7F"))))
		return true;
	return length == 8 && g_str_has_suffix(address, "7F");
}

void listening_read_line(const char *line, int protocol, bool *listening)
{
	unsigned port, state;
	char address[33];

	if (sscanf(line, " %*u: %32[0-9A-F]:%4x %*[0-9A-F]:%*4x %2x", address, &port, &state) != 3)
		return;
	if (state != (protocol == IPPROTO_TCP ? STATE_LISTEN : STATE_CLOSE) || is_loopback(address))
		return;
	if (protocol == IPPROTO_UDP && port >= CLIENT_FIRST && port <= CLIENT_LAST)
		return;
	if (port > 0 && port < 65536)
		listening[port] = true;
}
