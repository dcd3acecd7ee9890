/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet_interface - the interfaces of the network that a socket belongs to (netdevice(7)) */
#pragma once

#include <stdbool.h>

#include <glib.h>

struct packet_interface {
	unsigned index; /* 0: all of them */
	int type;	/* of its link layer: ARPHRD_ETHER, ... */
};

/* Finds one by its name; ENODEV: there is none, and the cure tells those that are. */
bool packet_interface_find(int socket, const char *name, struct packet_interface *ret_interface,
			   GError **error);

enum packet_interface_state {
	PACKET_INTERFACE_GONE,
	PACKET_INTERFACE_DOWN,
	PACKET_INTERFACE_UP,
};

/* How it is now; all of them (0) are up. */
enum packet_interface_state packet_interface_state(int socket, unsigned index);
