/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_options - what the sockets of relayed connections have set, before they are connected */
#pragma once

/* Of the name with its end, TCP_CA_NAME_MAX of the kernel. */
#define TCP_CONGESTION_NAME_SIZE 16

/*
 * Options are set on listeners, whose connections inherit them (tcp(7)), and on sockets before
 * connect(2). A socket that refuses one is left as it is: it has failed already, or works
 * nevertheless.
 */

/* TCP congestion controls by name. */
struct tcp_congestion {
	char usual[TCP_CONGESTION_NAME_SIZE]; /* of new sockets; empty where unknown */
	char local[TCP_CONGESTION_NAME_SIZE]; /* for what stays on the machine; empty: the usual */
};

/*
 * Finds out which there are. The usual one (bbr, maybe) is for networks; what stays on the machine
 * only loses by its pace, so it gets cubic, else reno, where this user may choose them.
 */
void tcp_congestion_find(struct tcp_congestion *ret_congestion);

/* For connections that stay on the machine. */
void tcp_congestion_set_local(const struct tcp_congestion *congestion, int fd);

/* Undoes tcp_congestion_set_local(), also on an accepted connection. */
void tcp_congestion_set_usual(const struct tcp_congestion *congestion, int fd);

/* Data at once, urgent data in line. */
void tcp_options_set(int fd);

/* The same and keepalive probes: the command's own are answered here and never reach its peer. */
void tcp_options_set_for_host(int fd);
