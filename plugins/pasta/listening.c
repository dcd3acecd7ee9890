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

/* address has 33 bytes. */
static bool parse(const char *line, char *address, unsigned *ret_port, unsigned *ret_state)
{
	return sscanf(line, " %*u: %32[0-9A-F]:%4x %*[0-9A-F]:%*4x %2x", address, ret_port,
		      ret_state) == 3;
}

void listening_read_line(const char *line, int protocol, bool *listening)
{
	unsigned port, state;
	char address[33];

	if (!parse(line, address, &port, &state))
		return;
	if (state != (protocol == IPPROTO_TCP ? STATE_LISTEN : STATE_CLOSE) || is_loopback(address))
		return;
	if (protocol == IPPROTO_UDP && port >= CLIENT_FIRST && port <= CLIENT_LAST)
		return;
	if (port > 0 && port < 65536)
		listening[port] = true;
}

void listening_read_loopback_line(const char *line, uint8_t *families)
{
	static const struct {
		const char *address;
		uint8_t families;
	} known[] = {
		{"00000000", LISTENING_V4},
		{"0100007F", LISTENING_V4},
		{"00000000000000000000000000000000", LISTENING_V4 | LISTENING_V6},
		{"00000000000000000000000001000000", LISTENING_V6},
		{"0000000000000000FFFF00000100007F", LISTENING_V4},
	};
	unsigned port, state;
	char address[33];

	if (!parse(line, address, &port, &state) || state != STATE_LISTEN || port > UINT16_MAX)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (g_str_equal(known[i].address, address))
			families[port] |= known[i].families;
}
