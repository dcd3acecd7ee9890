/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_connection - a TCP connection that the host makes for the command */
#include "forwarder/host_connection.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "src/autoclose.h"

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
}

static void on_connected(struct watch_entry *entry, uint32_t events G_GNUC_UNUSED)
{
	struct host_connection *connection = (struct host_connection *)entry;
	int errnum = 0;
	socklen_t size = sizeof(errnum);

	getsockopt(entry->fd, SOL_SOCKET, SO_ERROR, &errnum, &size);
	/* What the host does from now on is for the relay to see and pass on. */
	unwatch(connection);
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
	connection->entry = (struct watch_entry){.fd = fd, .handler = on_connected};
	/* Not to be tried by another way: the one that was chosen is gone. */
	if (!prepare(connection->context, fd, address))
		return ENETUNREACH;
	return connect_at_once(fd, address);
}

int host_connection_start(struct host_connection *connection, const struct flow_ends *ends)
{
	const struct host_connection_context *context = connection->context;
	struct sockaddr_storage address;

	if (!policy_translate(context->policy, &ends->remote, ends->remote_port, &address))
		return EHOSTUNREACH;
	int errnum = connect_to(connection, &address);
	if (errnum != EINPROGRESS)
		return errnum;
	connection->is_watched = watch_add(context->watch, &connection->entry, EPOLLOUT);
	return connection->is_watched ? EINPROGRESS : EAGAIN;
}

int host_connection_take(struct host_connection *connection)
{
	return g_steal_fd(&connection->entry.fd);
}
