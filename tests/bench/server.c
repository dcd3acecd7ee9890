/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * server - the other end of every test of netbench
 *
 * How it works: one epoll, one thread. A peer starts in PEER_REQUEST; its first byte, the verb,
 * says whether the server answers at once and closes, or moves on to PEER_ECHO, PEER_SENDING or
 * PEER_TAKING. Each of these has one function, which returns false when the peer is done with.
 */
#include "tests/bench/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "tests/bench/endpoint.h"
#include "tests/bench/pattern.h"

#define EVENTS		256
#define ACCEPTS		64
#define DATAGRAM_ROUNDS 8
#define DATAGRAM_SPACE	2048

enum peer_state {
	PEER_REQUEST,
	PEER_ECHO,
	PEER_SENDING,
	PEER_TAKING,
};

struct peer {
	int fd;
	enum peer_state state;
	uint8_t request[NETBENCH_REQUEST_SIZE];
	size_t request_size;
	uint64_t size, sent;		/* PEER_SENDING */
	struct pattern_receipt receipt; /* PEER_TAKING */
};

struct server {
	int epoll;
	int listener;
	int datagrams;
	struct pattern *pattern;
	GHashTable *peers; /* set of struct peer */
	uint64_t n_datagrams, n_bytes;
	int64_t first_datagram, last_datagram;
	uint8_t buffer[PATTERN_CHUNK];
};

static void peer_free(void *data)
{
	struct peer *peer = data;

	close_fd(&peer->fd);
	g_free(peer);
}

static bool watch(struct server *server, int fd, uint32_t events, void *owner)
{
	struct epoll_event event = {.events = events, .data.ptr = owner};

	return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Answers are smaller than any socket buffer; a peer that has filled it does not read. */
static bool answer(const struct peer *peer, const void *data, size_t size)
{
	return send(peer->fd, data, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool answer_count(const struct server *server, const struct peer *peer)
{
	struct netbench_counted counted = {
		.datagrams = GUINT64_TO_BE(server->n_datagrams),
		.bytes = GUINT64_TO_BE(server->n_bytes),
		.elapsed_us = GUINT64_TO_BE(server->last_datagram - server->first_datagram),
	};

	return answer(peer, &counted, sizeof(counted));
}

static bool answer_taken(const struct peer *peer)
{
	const struct pattern_receipt *receipt = &peer->receipt;
	struct netbench_taken taken = {
		.longest_pause_us = GUINT64_TO_BE(receipt->longest_pause),
		.elapsed_us = GUINT64_TO_BE(receipt->last_read - receipt->started),
		.intact = GUINT64_TO_BE(receipt->intact),
	};

	return answer(peer, &taken, sizeof(taken));
}

static bool start_stream(struct server *server, struct peer *peer, enum peer_state state)
{
	struct epoll_event event = {.events = EPOLLOUT, .data.ptr = peer};
	uint64_t size;

	if (peer->request_size < NETBENCH_REQUEST_SIZE)
		return true;
	memcpy(&size, peer->request + 1, sizeof(size));
	peer->size = GUINT64_FROM_BE(size);
	peer->state = state;
	if (state == PEER_SENDING)
		return epoll_ctl(server->epoll, EPOLL_CTL_MOD, peer->fd, &event) == 0;
	pattern_receipt_start(&peer->receipt, peer->size);
	return true;
}

static bool handle_request(struct server *server, struct peer *peer)
{
	uint8_t *end = peer->request + peer->request_size;
	ssize_t size = recv(peer->fd, end, NETBENCH_REQUEST_SIZE - peer->request_size, 0);

	if (size <= 0)
		return size < 0 && errno == EAGAIN;
	peer->request_size += size;
	switch (peer->request[0]) {
	case NETBENCH_ECHO:
		peer->state = PEER_ECHO;
		return answer(peer, end, size);
	case NETBENCH_ONCE:
		answer(peer, end, 1);
		return false;
	case NETBENCH_COUNT:
		answer_count(server, peer);
		return false;
	case NETBENCH_SEND:
		return start_stream(server, peer, PEER_SENDING);
	case NETBENCH_TAKE:
		return start_stream(server, peer, PEER_TAKING);
	}
	return false;
}

static bool handle_echo(struct server *server, struct peer *peer)
{
	ssize_t size = recv(peer->fd, server->buffer, sizeof(server->buffer), 0);

	if (size <= 0)
		return size < 0 && errno == EAGAIN;
	return answer(peer, server->buffer, size);
}

static bool handle_sending(struct server *server, struct peer *peer)
{
	size_t room = MIN(peer->size - peer->sent, PATTERN_CHUNK);
	ssize_t size = send(peer->fd, pattern_at(server->pattern, peer->sent), room, MSG_NOSIGNAL);

	if (size < 0)
		return errno == EAGAIN;
	peer->sent += size;
	return peer->sent < peer->size;
}

static bool handle_taking(struct server *server, struct peer *peer)
{
	size_t room = pattern_receipt_room(&peer->receipt);
	ssize_t size = recv(peer->fd, server->buffer, room, 0);

	if (size <= 0)
		return size < 0 && errno == EAGAIN;
	pattern_receipt_note(&peer->receipt, server->pattern, server->buffer, size);
	if (pattern_receipt_room(&peer->receipt) > 0)
		return true;
	answer_taken(peer);
	return false;
}

static void handle_peer(struct server *server, struct peer *peer)
{
	static bool (*const handlers[])(struct server *, struct peer *) = {
		[PEER_REQUEST] = handle_request,
		[PEER_ECHO] = handle_echo,
		[PEER_SENDING] = handle_sending,
		[PEER_TAKING] = handle_taking,
	};

	if (!handlers[peer->state](server, peer))
		g_hash_table_remove(server->peers, peer);
}

static void accept_peers(struct server *server)
{
	for (int i = 0; i < ACCEPTS; i++) {
		int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		struct peer *peer = g_new0(struct peer, 1);
		peer->fd = fd;
		g_hash_table_add(server->peers, peer);
		if (!watch(server, fd, EPOLLIN, peer))
			g_hash_table_remove(server->peers, peer);
	}
}

static bool is_echo(const struct mmsghdr *message)
{
	return message->msg_len == 1 &&
	       *(const char *)message->msg_hdr.msg_iov->iov_base == NETBENCH_ECHO;
}

static void note_datagram(struct server *server, const struct mmsghdr *message, int64_t now)
{
	server->last_datagram = now;
	if (server->n_datagrams == 0)
		server->first_datagram = server->last_datagram;
	server->n_datagrams++;
	server->n_bytes += message->msg_len;
}

static void take_datagrams(struct server *server, struct mmsghdr *messages, int n_messages)
{
	int64_t now = g_get_monotonic_time();

	for (int i = 0; i < n_messages; i++) {
		struct mmsghdr *message = &messages[i];

		if (!is_echo(message)) {
			note_datagram(server, message, now);
			continue;
		}
		message->msg_hdr.msg_iov->iov_len = message->msg_len;
		(void)sendmsg(server->datagrams, &message->msg_hdr, MSG_NOSIGNAL);
	}
}

static void count_datagrams(struct server *server)
{
	struct mmsghdr messages[NETBENCH_BATCH] = {0};
	struct iovec vectors[NETBENCH_BATCH];
	struct sockaddr_storage senders[NETBENCH_BATCH];

	for (int round = 0; round < DATAGRAM_ROUNDS; round++) {
		for (int i = 0; i < NETBENCH_BATCH; i++) {
			vectors[i] =
				(struct iovec){server->buffer + i * DATAGRAM_SPACE, DATAGRAM_SPACE};
			messages[i].msg_hdr = (struct msghdr){.msg_name = &senders[i],
							      .msg_namelen = sizeof(senders[i]),
							      .msg_iov = &vectors[i],
							      .msg_iovlen = 1};
		}
		int n = recvmmsg(server->datagrams, messages, NETBENCH_BATCH, 0, NULL);

		if (n <= 0)
			return;
		take_datagrams(server, messages, n);
	}
}

static void dispatch(struct server *server, void *owner)
{
	if (owner == &server->listener)
		accept_peers(server);
	else if (owner == &server->datagrams)
		count_datagrams(server);
	else
		handle_peer(server, owner);
}

static bool serve_until(struct server *server, int64_t deadline, GError **error)
{
	struct epoll_event events[EVENTS];
	int64_t left;

	while ((left = deadline - g_get_monotonic_time()) > 0) {
		int n = epoll_wait(server->epoll, events, EVENTS, left / 1000 + 1);

		if (n < 0 && errno != EINTR)
			return failure_errno(error, "epoll_wait");
		for (int i = 0; i < n; i++)
			dispatch(server, events[i].data.ptr);
	}
	return true;
}

static bool server_open(struct server *server, const struct netbench_options *options,
			GError **error)
{
	uint16_t port;

	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (server->epoll < 0)
		return failure_errno(error, "epoll_create1");
	if (!endpoint_listen(options, &server->listener, &server->datagrams, &port, error))
		return false;
	if (!watch(server, server->listener, EPOLLIN, &server->listener) ||
	    !watch(server, server->datagrams, EPOLLIN, &server->datagrams))
		return failure_errno(error, "epoll_ctl");
	printf("{\"ready\":true,\"port\":%u}\n", port);
	return true;
}

static void server_free(struct server *server)
{
	close_fd(&server->datagrams);
	close_fd(&server->listener);
	close_fd(&server->epoll);
	g_hash_table_unref(server->peers);
	g_free(server->pattern);
	g_free(server);
}

bool server_run(const struct netbench_options *options, GError **error)
{
	int64_t deadline = g_get_monotonic_time() + options->seconds * (int64_t)G_USEC_PER_SEC;
	struct server *server = g_new0(struct server, 1);
	bool served;

	server->epoll = server->listener = server->datagrams = -1;
	server->pattern = pattern_new();
	server->peers = g_hash_table_new_full(NULL, NULL, peer_free, NULL);
	served = server_open(server, options, error) && serve_until(server, deadline, error);
	server_free(server);
	return served;
}
