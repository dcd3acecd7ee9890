/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_connection - a TCP connection that the host makes for the command, maybe by a proxy */
#include "forwarder/host_connection.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "src/autoclose.h"

/* As long as Linux tries a connect(2), tcp_syn_retries of tcp(7): about two minutes. */
#define PROXY_TIMEOUT_S 127

static void unwatch(struct host_connection *connection)
{
	if (connection->is_watched)
		watch_remove(connection->context->watch, &connection->entry);
	connection->is_watched = false;
}

void host_connection_init(struct host_connection *connection,
			  const struct host_connection_context *context,
			  void (*on_done)(struct host_connection *connection, int errnum))
{
	*connection = (struct host_connection){
		.entry.fd = -1,
		.context = context,
		.on_done = on_done,
	};
}

void host_connection_done(struct host_connection *connection)
{
	unwatch(connection);
	close_fd(&connection->entry.fd);
	g_clear_pointer(&connection->proxy, proxy_client_free);
	if (connection->timeout)
		g_source_remove(connection->timeout);
	connection->timeout = 0;
}

static bool is_proxied(const struct host_connection_context *context, const struct flow_ends *ends)
{
	return context->way_out->outbound->proxy.kind != PROXY_NONE &&
	       policy_is_outside(context->policy, &ends->remote);
}

static gboolean on_timeout(gpointer data)
{
	struct host_connection *connection = data;

	connection->timeout = 0;
	unwatch(connection);
	connection->on_done(connection, ETIMEDOUT);
	return G_SOURCE_REMOVE;
}

/* Goes on with the proxy. Returns as host_connection_start() does. */
static int negotiate(struct host_connection *connection)
{
	int errnum = 0;
	enum proxy_progress progress =
		proxy_client_run(connection->proxy, connection->entry.fd, &errnum);

	if (progress == PROXY_FAILED)
		return errnum;
	if (progress == PROXY_CONNECTED) {
		g_clear_pointer(&connection->proxy, proxy_client_free);
		return 0;
	}
	uint32_t events = progress == PROXY_WANTS_READ ? EPOLLIN : EPOLLOUT;
	bool is_watched =
		connection->is_watched
			? watch_change(connection->context->watch, &connection->entry, events)
			: watch_add(connection->context->watch, &connection->entry, events);
	connection->is_watched |= is_watched;
	return is_watched ? EINPROGRESS : EAGAIN;
}

static void on_ready(struct watch_entry *entry, uint32_t events G_GNUC_UNUSED)
{
	struct host_connection *connection = (struct host_connection *)entry;
	int errnum = 0;
	socklen_t size = sizeof(errnum);

	getsockopt(entry->fd, SOL_SOCKET, SO_ERROR, &errnum, &size);
	if (errnum == 0 && connection->proxy)
		errnum = negotiate(connection);
	if (errnum == EINPROGRESS)
		return;
	/* What the host does from now on is for the relay to see and pass on. */
	unwatch(connection);
	if (connection->timeout)
		g_source_remove(connection->timeout);
	connection->timeout = 0;
	connection->on_done(connection, errnum);
}

/*
 * Over loopback the handshake is complete when connect(2) returns, although it says EINPROGRESS: a
 * second call tells and saves a turn of the main loop. Elsewhere it costs one call.
 */
static int connect_at_once(int fd, const struct sockaddr_storage *address)
{
	socklen_t size = address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
						       : sizeof(struct sockaddr_in6);

	if (connect(fd, (const struct sockaddr *)address, size) == 0)
		return 0;
	if (errno == EINPROGRESS && connect(fd, (const struct sockaddr *)address, size) == 0)
		return 0;
	return errno == EALREADY ? EINPROGRESS : errno;
}

/* False when the way out is gone. */
static bool prepare(const struct host_connection_context *context, int fd,
		    const struct sockaddr_storage *address)
{
	struct ip_address destination;
	uint16_t port;

	tcp_options_set_for_host(fd);
	if (!ip_address_from_sockaddr((const struct sockaddr *)address, &destination, &port))
		return true;
	if (!ip_address_is_host_loopback(&destination))
		return way_out_bind_stream(context->way_out, fd, &destination);
	tcp_congestion_set_local(context->congestion, fd);
	return true;
}

static int connect_to(struct host_connection *connection, const struct sockaddr_storage *address)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	connection->entry = (struct watch_entry){.fd = fd, .handler = on_ready};
	/* Not to be tried by another way: the one that was chosen is gone. */
	if (!prepare(connection->context, fd, address))
		return ENETUNREACH;
	return connect_at_once(fd, address);
}

static bool find_address(struct host_connection *connection, const struct flow_ends *ends,
			 struct sockaddr_storage *ret_address)
{
	const struct host_connection_context *context = connection->context;
	const struct proxy *proxy = &context->way_out->outbound->proxy;

	if (!is_proxied(context, ends))
		return policy_translate(context->policy, &ends->remote, ends->remote_port,
					ret_address);
	return ip_address_to_sockaddr(&proxy->address, proxy->port, ret_address) > 0;
}

/*
 * What the command last looked up for an address is a guess, and not what the rules of egress have
 * let out: where there are any, the proxy is asked by address.
 */
static const char *name_for_proxy(const struct host_connection_context *context,
				  const struct ip_address *address)
{
	if (context->virtual_names)
		return virtual_names_use(context->virtual_names, address);
	return context->names && policy_lets_all_out(context->policy)
		       ? name_table_find(context->names, address)
		       : NULL;
}

static void ask_proxy(struct host_connection *connection, const struct flow_ends *ends)
{
	const struct host_connection_context *context = connection->context;
	const char *name = name_for_proxy(context, &ends->remote);

	connection->proxy = proxy_client_new(&context->way_out->outbound->proxy, &ends->remote,
					     ends->remote_port, name);
	connection->timeout = g_timeout_add_seconds(PROXY_TIMEOUT_S, on_timeout, connection);
}

/* It stood for a name once, and is nobody's address. */
static bool is_forgotten(const struct host_connection_context *context,
			 const struct ip_address *address)
{
	return virtual_names_contain(context->virtual_names, address) &&
	       !virtual_names_find(context->virtual_names, address);
}

int host_connection_start(struct host_connection *connection, const struct flow_ends *ends)
{
	const struct host_connection_context *context = connection->context;
	struct sockaddr_storage address;

	if (!find_address(connection, ends, &address) || is_forgotten(context, &ends->remote))
		return EHOSTUNREACH;
	int errnum = connect_to(connection, &address);
	if (errnum != 0 && errnum != EINPROGRESS)
		return errnum;
	if (is_proxied(context, ends))
		ask_proxy(connection, ends);
	if (errnum == 0)
		return connection->proxy ? negotiate(connection) : 0;
	connection->is_watched = watch_add(context->watch, &connection->entry, EPOLLOUT);
	return connection->is_watched ? EINPROGRESS : EAGAIN;
}

int host_connection_take(struct host_connection *connection)
{
	return g_steal_fd(&connection->entry.fd);
}
