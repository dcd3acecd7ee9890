/* SPDX-License-Identifier: GPL-2.0-or-later */
/* published - TCP ports of the host that lead into a gateway link, with true client addresses */
#include "forwarder/published.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/client_source.h"
#include "forwarder/listener.h"
#include "forwarder/proxy_header.h"
#include "src/autoclose.h"
#include "src/failure.h"

/*
 * How it works
 *
 *   accepted ─▶ WAITING for a transparent socket ─▶ CONNECTING to the command ─▶ relay
 *                                                        └─ refused ─▶ RST to the client
 *
 * The transparent socket is bound to the client's own address and port, so that the command sees
 * who it is (see client_source.h for those whose address cannot exist on its side).
 */

struct port {
	struct published *published;
	struct listener *listener;
	struct port_binding binding;
};

struct connection {
	struct watch_entry command; /* first: on_connected() casts */
	struct published *published;
	GList link; /* in published->connections */
	int client;
	struct flow_identity flow; /* remote_port 0: the kernel chooses */
	struct port_tally *tally;  /* or NULL */
	unsigned proxy_version;	   /* of the PROXY protocol; 0: none */
	bool is_watched;
};

struct published {
	struct published_context context;
	struct socket_pool *pool;
	GPtrArray *ports;   /* of struct port */
	GQueue waiting[2];  /* of struct connection: for an IPv4 or IPv6 socket, oldest first */
	GQueue connections; /* CONNECTING */
	struct published_stats stats;
};

/* --- one connection --- */

static void connection_free(struct connection *connection, GQueue *queue)
{
	g_queue_unlink(queue, &connection->link);
	if (connection->is_watched)
		watch_remove(connection->published->context.watch, &connection->command);
	close_fd(&connection->command.fd);
	relay_reset_socket(connection->client);
	port_tally_close(connection->tally);
	g_free(connection);
}

/* The port is another than the client's where that was taken: only the socket knows. */
static struct flow_identity identity_of(const struct connection *connection)
{
	struct flow_identity flow = connection->flow;
	struct sockaddr_storage source;
	socklen_t size = sizeof(source);

	if (flow.ends.remote_port == 0 && connection->command.fd >= 0 &&
	    getsockname(connection->command.fd, (struct sockaddr *)&source, &size) == 0)
		ip_address_from_sockaddr((struct sockaddr *)&source, &flow.ends.remote,
					 &flow.ends.remote_port);
	return flow;
}

static void relay(struct connection *connection)
{
	const struct relay_connection relayed = {
		.flow = identity_of(connection),
		.tally = g_steal_pointer(&connection->tally),
		.origin = RELAY_PUBLISHED,
		.namespace_fd = g_steal_fd(&connection->command.fd),
		.host_fd = g_steal_fd(&connection->client),
	};

	relay_add(connection->published->context.relay, &relayed);
}

static void finish(struct connection *connection, int errnum)
{
	struct published *published = connection->published;

	if (connection->is_watched)
		watch_remove(published->context.watch, &connection->command);
	connection->is_watched = false;
	if (!errnum && connection->proxy_version &&
	    !proxy_header_send(connection->proxy_version, connection->client,
			       connection->command.fd))
		errnum = errno;
	if (errnum) {
		published->stats.failed++;
	} else {
		published->stats.connected++;
		tcp_options_set(connection->command.fd);
		relay(connection);
	}
	connection_free(connection, &published->connections);
}

static void on_connected(struct watch_entry *entry, uint32_t events G_GNUC_UNUSED)
{
	int errnum = 0;
	socklen_t size = sizeof(errnum);

	getsockopt(entry->fd, SOL_SOCKET, SO_ERROR, &errnum, &size);
	finish((struct connection *)entry, errnum);
}

static bool bind_source(const struct connection *connection)
{
	struct sockaddr_storage address;
	socklen_t size = ip_address_to_sockaddr(&connection->flow.ends.remote,
						connection->flow.ends.remote_port, &address);

	return bind(connection->command.fd, (struct sockaddr *)&address, size) == 0;
}

/* connect(2); as the namespaces are on one machine the handshake is mostly complete at once. */
static int connect_to_command(const struct connection *connection)
{
	struct sockaddr_storage address;
	socklen_t size = ip_address_to_sockaddr(&connection->flow.ends.command,
						connection->flow.ends.command_port, &address);
	int fd = connection->command.fd;

	if (connect(fd, (struct sockaddr *)&address, size) == 0)
		return 0;
	if (errno == EINPROGRESS && connect(fd, (struct sockaddr *)&address, size) == 0)
		return 0;
	return errno == EALREADY ? EINPROGRESS : errno;
}

static bool take_socket(struct connection *connection)
{
	connection->command.fd = socket_pool_take(
		connection->published->pool, connection->flow.ends.command.family, SOCK_STREAM);
	return connection->command.fd >= 0;
}

static GQueue *waiting_queue(struct published *published, int family)
{
	return &published->waiting[family == AF_INET6];
}

/*
 * Two clients can have one address and port as the command sees them: 127.0.0.1 and 127.0.0.2 are
 * both the gateway's address, and one client may use one port for two published ports that lead to
 * the same. The second gets another port, which takes another socket, this one being bound.
 */
static bool take_other_port(struct connection *connection)
{
	struct published *published = connection->published;

	close_fd(&connection->command.fd);
	connection->flow.ends.remote_port = 0;
	if (take_socket(connection))
		return true;
	g_queue_unlink(&published->connections, &connection->link);
	g_queue_push_head_link(waiting_queue(published, connection->flow.ends.command.family),
			       &connection->link);
	return false;
}

static int bind_and_connect(const struct connection *connection)
{
	return bind_source(connection) ? connect_to_command(connection) : errno;
}

/* Goes on with a connection that is in published->connections and has its socket. */
static void proceed(struct connection *connection)
{
	int errnum = bind_and_connect(connection);

	if ((errnum == EADDRNOTAVAIL || errnum == EADDRINUSE) &&
	    connection->flow.ends.remote_port != 0) {
		if (!take_other_port(connection))
			return;
		errnum = bind_and_connect(connection);
	}
	if (errnum == EINPROGRESS) {
		connection->is_watched = watch_add(connection->published->context.watch,
						   &connection->command, EPOLLOUT);
		if (connection->is_watched)
			return;
		errnum = errno;
	}
	finish(connection, errnum);
}

static void serve_waiting(struct published *published, GQueue *waiting)
{
	GList *link;

	while ((link = waiting->head)) {
		struct connection *connection = link->data;
		if (!take_socket(connection))
			return;
		g_queue_unlink(waiting, link);
		g_queue_push_tail_link(&published->connections, link);
		proceed(connection);
	}
}

void published_on_sockets(void *opaque)
{
	struct published *published = opaque;

	for (size_t i = 0; i < G_N_ELEMENTS(published->waiting); i++)
		serve_waiting(published, &published->waiting[i]);
}

static void on_accepted(int fd, const struct sockaddr *peer, void *opaque)
{
	const struct port *port = opaque;
	const struct port_binding *binding = &port->binding;
	struct published *published = port->published;
	struct flow_ends ends = {.command_port = binding->guest_port};
	struct ip_address client = {0};

	ip_address_from_sockaddr(peer, &client, &ends.remote_port);
	ends.command = client.family == binding->guest.family ? binding->guest : binding->guest_v4;
	/* A socket of both families takes clients of one that the link does not have. */
	if (client.family != ends.command.family) {
		published->stats.failed++;
		relay_reset_socket(fd);
		return;
	}
	if (!ip_address_is_host_loopback(&client))
		tcp_congestion_set_usual(published->context.congestion, fd);
	ends.remote = client_source_of(link_config_network(published->context.link, client.family),
				       &client);
	struct connection *connection = g_new0(struct connection, 1);
	connection->command = (struct watch_entry){.fd = -1, .handler = on_connected};
	connection->published = published;
	connection->link.data = connection;
	connection->client = fd;
	connection->proxy_version = binding->proxy_version;
	connection->flow = ledger_begin(published->context.ledger, &ends, true);
	connection->tally = ledger_open_rule(published->context.ledger, binding->rule_id);
	GQueue *waiting = waiting_queue(published, client.family);
	if (!waiting->head && take_socket(connection)) {
		g_queue_push_tail_link(&published->connections, &connection->link);
		proceed(connection);
	} else {
		g_queue_push_tail_link(waiting, &connection->link);
	}
}

/* --- ports --- */

static void port_free(gpointer data)
{
	struct port *port = data;

	listener_free(port->listener);
	g_free(port);
}

bool published_add(struct published *published, const struct port_binding *binding, GError **error)
{
	struct port *port = g_new0(struct port, 1);

	tcp_options_set_for_host(binding->fd);
	tcp_congestion_set_local(published->context.congestion, binding->fd);
	*port = (struct port){.published = published, .binding = *binding};
	port->listener =
		listener_new_borrowed(published->context.watch, binding->fd, on_accepted, port);
	if (!port->listener) {
		failure_errno(error, "watch port %u", binding->host_port);
		g_free(port);
		return false;
	}
	g_ptr_array_add(published->ports, port);
	return true;
}

void published_remove(struct published *published, int fd)
{
	/* From the end: ranges are taken back from their last port. */
	for (guint i = published->ports->len; i-- > 0;) {
		const struct port *port = g_ptr_array_index(published->ports, i);
		if (port->binding.fd == fd) {
			g_ptr_array_remove_index_fast(published->ports, i);
			return;
		}
	}
}

void published_pause(struct published *published, bool is_paused)
{
	for (guint i = 0; i < published->ports->len; i++) {
		const struct port *port = g_ptr_array_index(published->ports, i);
		listener_pause(port->listener, is_paused);
	}
}

/* --- life --- */

struct published *published_new(const struct published_context *context)
{
	struct published *published = g_new0(struct published, 1);

	published->context = *context;
	published->ports = g_ptr_array_new_with_free_func(port_free);
	return published;
}

void published_set_pool(struct published *published, struct socket_pool *pool)
{
	published->pool = pool;
}

void published_free(struct published *published)
{
	if (!published)
		return;
	g_ptr_array_unref(published->ports);
	while (published->connections.head)
		connection_free(published->connections.head->data, &published->connections);
	for (size_t i = 0; i < G_N_ELEMENTS(published->waiting); i++)
		while (published->waiting[i].head)
			connection_free(published->waiting[i].head->data, &published->waiting[i]);
	g_free(published);
}

void published_get_stats(const struct published *published, struct published_stats *ret_stats)
{
	*ret_stats = published->stats;
	ret_stats->pending = published->connections.length + published->waiting[0].length +
			     published->waiting[1].length;
}

static void list_queue(const GQueue *queue, struct flow_page *page)
{
	for (const GList *link = queue->head; link; link = link->next) {
		const struct connection *connection = link->data;
		struct flow_record record = {.protocol = IPPROTO_TCP, .state = FLOW_CONNECTING};

		if (!flow_page_wants(page, connection->flow.id))
			continue;
		record.identity = identity_of(connection);
		flow_page_add(page, &record);
	}
}

void published_list(const struct published *published, struct flow_page *page)
{
	list_queue(&published->connections, page);
	for (size_t i = 0; i < G_N_ELEMENTS(published->waiting); i++)
		list_queue(&published->waiting[i], page);
}
