/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flows - many short UDP exchanges, each from a port of its own, as resolvers do
 *
 * How it works: ports are taken in turn, so that none comes back before all others were used. What
 * is due is sent; then answers are waited for until the next is due. An exchange ends with its
 * answer, or when ANSWER_S have passed.
 */
#include "tests/bench/flows.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "src/address.h"
#include "src/autoclose.h"
#include "src/failure.h"

#define FIRST_PORT 10000
#define N_PORTS	   50000
#define EVENTS	   128
#define ANSWER_S   2

struct exchange {
	GList link; /* in flows->waiting, oldest first */
	int fd;
	int64_t begun_us;
};

struct flows {
	const struct netbench_options *options;
	struct ip_address server;
	int epoll;
	GQueue waiting;
	uint64_t n_sent, n_answered;
};

static void end_exchange(struct flows *flows, struct exchange *exchange)
{
	g_queue_unlink(&flows->waiting, &exchange->link);
	close_fd(&exchange->fd);
	g_free(exchange);
}

/* A socket on the next port, connected to the server; a port that is taken is passed over. */
static int open_next(const struct flows *flows)
{
	struct ip_address any = {.family = flows->server.family};
	struct sockaddr_storage from, to;
	uint16_t port = (uint16_t)(FIRST_PORT + flows->n_sent % N_PORTS);
	socklen_t size = ip_address_to_sockaddr(&any, port, &from);
	autoclose int fd =
		socket(any.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);

	ip_address_to_sockaddr(&flows->server, (uint16_t)flows->options->port, &to);
	if (fd < 0 || (bind(fd, (struct sockaddr *)&from, size) < 0 && errno != EADDRINUSE))
		return -1;
	if (connect(fd, (struct sockaddr *)&to, size) < 0)
		return -1;
	return g_steal_fd(&fd);
}

static bool begin_exchange(struct flows *flows, int64_t now_us, GError **error)
{
	static const char request = NETBENCH_ECHO;
	struct exchange *exchange = g_new0(struct exchange, 1);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = exchange};

	exchange->link.data = exchange;
	exchange->begun_us = now_us;
	exchange->fd = open_next(flows);
	g_queue_push_tail_link(&flows->waiting, &exchange->link);
	flows->n_sent++;
	if (exchange->fd < 0 || epoll_ctl(flows->epoll, EPOLL_CTL_ADD, exchange->fd, &event) < 0)
		return failure_errno(error, "exchange %" G_GUINT64_FORMAT, flows->n_sent);
	/* A full queue loses it, as a network may. */
	(void)send(exchange->fd, &request, sizeof(request), MSG_NOSIGNAL);
	return true;
}

static bool begin_due(struct flows *flows, int64_t start_us, GError **error)
{
	int64_t now_us = g_get_monotonic_time();
	uint64_t due =
		(uint64_t)(now_us - start_us) * (uint64_t)flows->options->rate / G_USEC_PER_SEC;

	while (flows->n_sent < due)
		if (!begin_exchange(flows, now_us, error))
			return false;
	return true;
}

static void take_answers(struct flows *flows, int timeout_ms)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(flows->epoll, events, EVENTS, timeout_ms);

	for (int i = 0; i < n; i++) {
		struct exchange *exchange = events[i].data.ptr;
		char answer;

		if (recv(exchange->fd, &answer, sizeof(answer), 0) == 1)
			flows->n_answered++;
		end_exchange(flows, exchange);
	}
}

static void give_up_old(struct flows *flows)
{
	int64_t limit_us = g_get_monotonic_time() - ANSWER_S * G_USEC_PER_SEC;

	while (flows->waiting.head) {
		struct exchange *oldest = flows->waiting.head->data;

		if (oldest->begun_us > limit_us)
			return;
		end_exchange(flows, oldest);
	}
}

static bool run_flows(struct flows *flows, GError **error)
{
	int64_t start_us = g_get_monotonic_time();
	int64_t end_us = start_us + flows->options->seconds * (int64_t)G_USEC_PER_SEC;

	while (g_get_monotonic_time() < end_us) {
		if (!begin_due(flows, start_us, error))
			return false;
		take_answers(flows, 1);
		give_up_old(flows);
	}
	double seconds = (double)(g_get_monotonic_time() - start_us) / G_USEC_PER_SEC;
	while (flows->waiting.head) {
		take_answers(flows, 100);
		give_up_old(flows);
	}
	printf("{\"test\":\"flows\",\"rate\":%.1f,\"sent\":%" G_GUINT64_FORMAT
	       ",\"answered\":%" G_GUINT64_FORMAT ",\"seconds\":%.3f}\n",
	       flows->n_sent / seconds, flows->n_sent, flows->n_answered, seconds);
	return true;
}

bool flows_run(const struct netbench_options *options, GError **error)
{
	autoclose int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct flows flows = {.options = options, .epoll = epoll};

	if (epoll < 0)
		return failure_errno(error, "epoll_create1");
	if (!ip_address_parse(options->address, &flows.server, error))
		return false;
	bool good = run_flows(&flows, error);
	while (flows.waiting.head)
		end_exchange(&flows, flows.waiting.head->data);
	return good;
}
