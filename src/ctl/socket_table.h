/* SPDX-License-Identifier: GPL-2.0-or-later */
/* socket_table - the sockets of a network namespace, as /proc/net tells of them (proc(5)) */
#pragma once

#include <stdint.h>

#include <glib.h>

#include "src/address.h"

/* Both ends of a flow as its socket sees them; ports in host order. */
struct socket_ends {
	int protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	struct ip_address local, remote;
	uint16_t local_port, remote_port;
};

struct socket_table;

struct socket_table *socket_table_new(void);
void socket_table_free(struct socket_table *table);

/* Adds one line of tcp, tcp6, udp or udp6; others, as the first of each, are ignored. */
void socket_table_add_line(struct socket_table *table, int protocol, const char *line);

/* Adds all sockets of the namespace that the process of this directory (see proc_file.h) is in. */
void socket_table_read(struct socket_table *table, int process);

/*
 * The inode of the socket that a flow belongs to: connected to its remote, or for UDP bound to its
 * local end, or to the port alone. 0 where there is none.
 */
uint64_t socket_table_find(const struct socket_table *table, const struct socket_ends *ends);
