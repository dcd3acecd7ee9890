/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxied - the PROXY protocol where libslirp has the connection */
#include "forwarder/proxied.h"

#include <unistd.h>

#include "forwarder/proxy_header.h"
#include "forwarder/relay.h"
#include "forwarder/tcp_options.h"

/* One thread: the tap link's own limit is libslirp. */
#define N_THREADS 1

struct proxied {
	struct relay *relay; /* NULL before the first connection */
};

struct proxied *proxied_new(void)
{
	return g_new0(struct proxied, 1);
}

void proxied_free(struct proxied *proxied)
{
	if (!proxied)
		return;
	relay_free(proxied->relay);
	g_free(proxied);
}

static struct relay *new_relay(void)
{
	struct relay *relay = relay_new(N_THREADS, NULL);

	if (relay && !relay_start(relay, NULL))
		g_clear_pointer(&relay, relay_free);
	return relay;
}

void proxied_add(struct proxied *proxied, unsigned proxy_version, int client, int stream)
{
	const struct relay_connection connection = {
		.origin = RELAY_OUTGOING,
		.namespace_fd = stream,
		.host_fd = client,
	};

	if (!proxied->relay)
		proxied->relay = new_relay();
	if (!proxied->relay || !proxy_header_send(proxy_version, client, stream)) {
		relay_reset_socket(client);
		close(stream);
		return;
	}
	tcp_options_set_for_host(client);
	relay_add(proxied->relay, &connection);
}
