/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datagram - how many datagrams a second arrive when nothing holds the sender back */
#include "tests/bench/datagram.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "tests/bench/endpoint.h"

#define WAIT_MS	    100
#define DRAIN_MS    100
#define DRAIN_TRIES 20

/* The answers to datagrams that found no room or, early on, no receiver. */
static bool is_transient(int errnum)
{
	return errnum == EAGAIN || errnum == ENOBUFS || errnum == ECONNREFUSED || errnum == EINTR;
}

static bool flood(int fd, int64_t deadline, uint64_t *ret_sent, GError **error)
{
	static const char payload[NETBENCH_DATAGRAM_SIZE];
	struct iovec vector = {(void *)payload, sizeof(payload)};
	struct mmsghdr messages[NETBENCH_BATCH] = {0};
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	uint64_t sent = 0;

	for (int i = 0; i < NETBENCH_BATCH; i++)
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &vector, .msg_iovlen = 1};
	while (g_get_monotonic_time() < deadline) {
		int n = sendmmsg(fd, messages, NETBENCH_BATCH, 0);

		if (n < 0 && !is_transient(errno))
			return failure_errno(error, "sendmmsg");
		if (n < 0)
			poll(&writable, 1, WAIT_MS);
		else
			sent += n;
	}
	*ret_sent = sent;
	return true;
}

static bool ask_count(const struct netbench_options *options, struct netbench_counted *ret_counted,
		      GError **error)
{
	autoclose int fd = endpoint_connect(options, error);
	char verb = NETBENCH_COUNT;
	struct netbench_counted counted;

	if (fd < 0 || !endpoint_send(fd, &verb, 1, error) ||
	    !endpoint_receive(fd, &counted, sizeof(counted), error))
		return false;
	ret_counted->datagrams = GUINT64_FROM_BE(counted.datagrams);
	ret_counted->bytes = GUINT64_FROM_BE(counted.bytes);
	ret_counted->elapsed_us = GUINT64_FROM_BE(counted.elapsed_us);
	return true;
}

/* Nothing tells that a queue of datagrams has run dry: asks until the count stands still. */
static bool wait_drained(const struct netbench_options *options,
			 struct netbench_counted *ret_counted, GError **error)
{
	struct netbench_counted before, now;

	if (!ask_count(options, &now, error))
		return false;
	for (int i = 0; i < DRAIN_TRIES; i++) {
		before = now;
		poll(NULL, 0, DRAIN_MS);
		if (!ask_count(options, &now, error))
			return false;
		if (now.datagrams == before.datagrams)
			break;
	}
	*ret_counted = now;
	return true;
}

bool datagram_run(const struct netbench_options *options, GError **error)
{
	autoclose int fd = endpoint_connect_datagram(options, error);
	int64_t deadline = g_get_monotonic_time() + options->seconds * (int64_t)G_USEC_PER_SEC;
	struct netbench_counted counted;
	uint64_t sent;

	if (fd < 0 || !flood(fd, deadline, &sent, error) || !wait_drained(options, &counted, error))
		return false;
	if (counted.elapsed_us == 0) {
		failure_set(error, 0, NULL,
			    "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " datagrams arrived",
			    counted.datagrams, sent);
		return false;
	}
	double seconds = (double)counted.elapsed_us / G_USEC_PER_SEC;
	printf("{\"test\":\"udp\",\"gbps\":%.4f,\"sent\":%" G_GUINT64_FORMAT
	       ",\"received\":%" G_GUINT64_FORMAT ",\"seconds\":%.3f}\n",
	       counted.bytes * 8 / seconds / 1e9, sent, counted.datagrams, seconds);
	return true;
}
