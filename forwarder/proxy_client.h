/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxy_client - asks a proxy for a connection: SOCKS 5 and HTTP CONNECT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "src/address.h"
#include "src/proxy.h"

/*
 * How it works
 *
 * One conversation over a connected, non-blocking socket: a few messages there and back. Nothing is
 * read beyond the proxy's last word, because what follows is the destination's.
 *
 *   SOCKS 5: methods ─▶ choice ◀─ [user, password ─▶ status ◀─] request ─▶ reply ◀─
 *   HTTP:    CONNECT and header ─▶ status and header ◀─
 *
 * Trust: a proxy is foreign; what it says is bounded and only ever becomes an errno value.
 */
struct proxy_client;

enum proxy_progress {
	PROXY_WANTS_READ, /* run it again when there is something to read */
	PROXY_WANTS_WRITE,
	PROXY_CONNECTED, /* the socket leads to the destination */
	PROXY_FAILED,
};

/*
 * For a connection to the destination, by name where that is not NULL and the proxy's kind allows.
 * proxy is copied.
 */
struct proxy_client *proxy_client_new(const struct proxy *proxy,
				      const struct ip_address *destination, uint16_t port,
				      const char *name);
void proxy_client_free(struct proxy_client *client);

/*
 * Goes on as far as it can without waiting. *ret_errnum tells of a failure what connect(2) would
 * have said: ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, EACCES (the proxy does not want to).
 */
enum proxy_progress proxy_client_run(struct proxy_client *client, int fd, int *ret_errnum);
