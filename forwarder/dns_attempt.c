/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_attempt - one question to one name server, by a socket of its own */
#include "forwarder/dns_attempt.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "forwarder/dns_message.h"
#include "src/autoclose.h"

/* --- UDP --- */

/* Errors of earlier datagrams come back here, as the socket is connected: ECONNREFUSED at once. */
static void on_datagram(struct watch_entry *entry, uint32_t events G_GNUC_UNUSED)
{
	struct dns_attempt *attempt = (struct dns_attempt *)entry;
	uint8_t message[DNS_MESSAGE_MAX];
	ssize_t size = recv(entry->fd, message, sizeof(message), 0);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	attempt->heard(attempt, message, size > 0 ? (size_t)size : 0);
}

void dns_attempt_repeat(const struct dns_attempt *attempt)
{
	if (!attempt->by_tcp)
		send(attempt->entry.fd, attempt->message, attempt->size, MSG_NOSIGNAL);
}

/* --- TCP --- */

static void fail(struct dns_attempt *attempt)
{
	attempt->heard(attempt, NULL, 0);
}

/* False when the connection is lost. */
static bool send_rest(struct dns_attempt *attempt)
{
	const uint8_t *start = attempt->message - DNS_PREFIX;
	size_t total = DNS_PREFIX + attempt->size;
	ssize_t n = send(attempt->entry.fd, start + attempt->n_sent, total - attempt->n_sent,
			 MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	attempt->n_sent += (size_t)n;
	return attempt->n_sent < total || watch_change(attempt->watch, &attempt->entry, EPOLLIN);
}

/* Reads towards what is wanted; false when the connection is lost. */
static bool receive_some(struct dns_attempt *attempt)
{
	ssize_t n = recv(attempt->entry.fd, attempt->received + attempt->n_received,
			 attempt->wanted - attempt->n_received, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	attempt->n_received += (size_t)n;
	return n > 0;
}

/* False when the proxy does not connect us. */
static bool negotiate(struct dns_attempt *attempt)
{
	int errnum;

	switch (proxy_client_run(attempt->client, attempt->entry.fd, &errnum)) {
	case PROXY_WANTS_READ:
		return watch_change(attempt->watch, &attempt->entry, EPOLLIN);
	case PROXY_WANTS_WRITE:
		return watch_change(attempt->watch, &attempt->entry, EPOLLOUT);
	case PROXY_CONNECTED:
		g_clear_pointer(&attempt->client, proxy_client_free);
		return watch_change(attempt->watch, &attempt->entry, EPOLLIN | EPOLLOUT);
	case PROXY_FAILED:
		break;
	}
	return false;
}

static void on_stream(struct watch_entry *entry, uint32_t events)
{
	struct dns_attempt *attempt = (struct dns_attempt *)entry;

	if (attempt->client) {
		if (!negotiate(attempt))
			fail(attempt);
		return;
	}
	if (events & EPOLLOUT && !send_rest(attempt)) {
		fail(attempt);
		return;
	}
	if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
		return;
	if (!receive_some(attempt)) {
		fail(attempt);
		return;
	}
	if (attempt->n_received < attempt->wanted)
		return;
	if (attempt->wanted > DNS_PREFIX) {
		attempt->heard(attempt, attempt->received + DNS_PREFIX,
			       attempt->n_received - DNS_PREFIX);
		return;
	}
	attempt->wanted += (size_t)(attempt->received[0] << 8 | attempt->received[1]);
	if (attempt->wanted == DNS_PREFIX)
		fail(attempt);
	else
		attempt->received = g_realloc(attempt->received, attempt->wanted);
}

/* --- both --- */

/* A server on the host's loopback has its own way out. */
static bool bind_to_way_out(int fd, const struct sockaddr_storage *server,
			    const struct way_out *way_out)
{
	struct ip_address address;
	uint16_t port;

	return ip_address_from_sockaddr((const struct sockaddr *)server, &address, &port) &&
	       way_out_bind_stream(way_out, fd, &address);
}

static int open_socket(bool by_tcp, const struct sockaddr_storage *server,
		       const struct way_out *way_out)
{
	int type = by_tcp ? SOCK_STREAM : SOCK_DGRAM;
	autoclose int fd = socket(server->ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t size = server->ss_family == AF_INET ? sizeof(struct sockaddr_in)
						      : sizeof(struct sockaddr_in6);

	if (fd < 0 || !bind_to_way_out(fd, server, way_out) ||
	    (connect(fd, (const struct sockaddr *)server, size) < 0 && errno != EINPROGRESS))
		return -1;
	return g_steal_fd(&fd);
}

static int open_socket_to_proxy(struct dns_attempt *attempt, const struct sockaddr_storage *server,
				const struct way_out *way_out)
{
	const struct proxy *proxy = &way_out->outbound->proxy;
	struct sockaddr_storage address;
	struct ip_address destination;
	uint16_t port;

	if (!ip_address_from_sockaddr((const struct sockaddr *)server, &destination, &port) ||
	    !ip_address_to_sockaddr(&proxy->address, proxy->port, &address))
		return -1;
	int fd = open_socket(true, &address, way_out);
	if (fd >= 0)
		attempt->client = proxy_client_new(proxy, &destination, port, NULL);
	return fd;
}

bool dns_attempt_start(struct dns_attempt *attempt, const struct sockaddr_storage *server,
		       const struct way_out *way_out)
{
	uint32_t events = attempt->by_tcp ? EPOLLIN | EPOLLOUT : EPOLLIN;

	attempt->entry.fd = attempt->by_proxy ? open_socket_to_proxy(attempt, server, way_out)
					      : open_socket(attempt->by_tcp, server, way_out);
	attempt->entry.handler = attempt->by_tcp ? on_stream : on_datagram;
	if (attempt->entry.fd < 0)
		return false;
	if (!watch_add(attempt->watch, &attempt->entry, events)) {
		close_fd(&attempt->entry.fd);
		g_clear_pointer(&attempt->client, proxy_client_free);
		return false;
	}
	attempt->n_sent = attempt->n_received = 0;
	attempt->wanted = DNS_PREFIX;
	if (attempt->by_tcp)
		attempt->received = g_malloc(DNS_PREFIX);
	dns_attempt_repeat(attempt);
	return true;
}

bool dns_attempt_is_alive(const struct dns_attempt *attempt)
{
	return attempt->entry.fd >= 0;
}

void dns_attempt_end(struct dns_attempt *attempt)
{
	if (!dns_attempt_is_alive(attempt))
		return;
	watch_remove(attempt->watch, &attempt->entry);
	close_fd(&attempt->entry.fd);
	g_clear_pointer(&attempt->received, g_free);
	g_clear_pointer(&attempt->client, proxy_client_free);
}
