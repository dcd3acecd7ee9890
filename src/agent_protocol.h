/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent_protocol - how the forwarder asks the namespace agent for sockets */
#pragma once

#include <stdint.h>

/*
 * The agent is a process in the gateway namespace. It knows one request, over SOCK_SEQPACKET: n
 * sockets of one family and type. The answer is one message of the same struct with errnum set and,
 * when that is 0, `count` descriptors: IP_TRANSPARENT (IPV6_TRANSPARENT), SO_REUSEADDR,
 * non-blocking, close-on-exec. A malformed request closes the connection. The agent ends when the
 * socket closes.
 */
#define AGENT_MAX_SOCKETS 32

struct agent_message {
	uint16_t family; /* AF_INET or AF_INET6 */
	uint16_t type;	 /* SOCK_STREAM or SOCK_DGRAM */
	uint16_t count;	 /* 1..AGENT_MAX_SOCKETS */
	uint16_t
		errnum; /* 0 in a request; an errno value in an answer that brings no descriptors */
};
