/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxied - the PROXY protocol where libslirp has the connection */
#pragma once

#include "forwarder/port_binding.h"

struct proxied;

/* Costs nothing before the first connection. */
struct proxied *proxied_new(void);
/* Ends its connections. Accepts NULL. */
void proxied_free(struct proxied *proxied);

/*
 * Says who client is on stream, a stream socket that leads to libslirp, and then relays between
 * both, which become the relay's. When that fails both are closed: a service that was promised a
 * header must not take a client's bytes for one.
 */
void proxied_add(struct proxied *proxied, unsigned proxy_version, int client, int stream);
