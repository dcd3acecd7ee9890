/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange - how many one-byte requests a second get their answer
 *
 * How it works (crr): each slot holds one connection. It is EPOLLOUT until the connection stands
 * and the byte is sent, then EPOLLIN until the answer and the end of the stream are read; then the
 * slot starts over with a new connection.
 */
#include "tests/bench/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "tests/bench/endpoint.h"

#define EVENTS	128
#define WAIT_MS 100
/* Only so many failures in a row: a subject that refuses all of them must not be hammered. */
#define MAX_FAILED 1000

struct slot {
	int fd;
	bool sent;
	bool answered;
};

struct crr {
	const struct netbench_options *options;
	int epoll;
	struct slot *slots;
	uint64_t n_done, n_failed;
};

static double seconds_since(int64_t start)
{
	return (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
}

bool exchange_rr(const struct netbench_options *options, GError **error)
{
	autoclose int fd = endpoint_connect(options, error);
	char byte = NETBENCH_ECHO;
	uint64_t n = 0;

	if (fd < 0)
		return false;
	int64_t start = g_get_monotonic_time();
	for (; seconds_since(start) < options->seconds; n++) {
		if (!endpoint_send(fd, &byte, 1, error) || !endpoint_receive(fd, &byte, 1, error))
			return false;
	}
	double seconds = seconds_since(start);
	printf("{\"test\":\"rr\",\"rate\":%.1f,\"seconds\":%.3f}\n", n / seconds, seconds);
	return true;
}

static bool slot_watch(struct crr *crr, struct slot *slot, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = slot};

	return epoll_ctl(crr->epoll, operation, slot->fd, &event) == 0;
}

static bool slot_start(struct crr *crr, struct slot *slot, GError **error)
{
	slot->sent = slot->answered = false;
	slot->fd = endpoint_connect_start(crr->options, error);
	if (slot->fd < 0)
		return false;
	if (!slot_watch(crr, slot, EPOLL_CTL_ADD, EPOLLOUT))
		return failure_errno(error, "epoll_ctl");
	return true;
}

/* Takes the slot one step further. False when its connection has failed. */
static bool slot_step(struct crr *crr, struct slot *slot, bool *ret_done)
{
	char byte = NETBENCH_ONCE;

	if (!slot->sent) {
		slot->sent = true;
		return send(slot->fd, &byte, 1, MSG_NOSIGNAL) == 1 &&
		       slot_watch(crr, slot, EPOLL_CTL_MOD, EPOLLIN);
	}
	ssize_t size = recv(slot->fd, &byte, 1, 0);
	if (size < 0)
		return errno == EAGAIN;
	*ret_done = size == 0;
	if (size == 0)
		return slot->answered;
	slot->answered = true;
	return true;
}

static bool slot_handle(struct crr *crr, struct slot *slot, GError **error)
{
	bool done = false;
	bool good = slot_step(crr, slot, &done);

	if (good && !done)
		return true;
	if (good)
		crr->n_done++;
	else
		crr->n_failed++;
	close_fd(&slot->fd);
	if (crr->n_done == 0 && crr->n_failed >= MAX_FAILED) {
		failure_set(error, 0, NULL, "no connection succeeded");
		return false;
	}
	return slot_start(crr, slot, error);
}

static bool crr_loop(struct crr *crr, GError **error)
{
	int64_t deadline = g_get_monotonic_time() + crr->options->seconds * (int64_t)G_USEC_PER_SEC;
	struct epoll_event events[EVENTS];

	while (g_get_monotonic_time() < deadline) {
		int n = epoll_wait(crr->epoll, events, EVENTS, WAIT_MS);

		if (n < 0 && errno != EINTR)
			return failure_errno(error, "epoll_wait");
		for (int i = 0; i < n; i++) {
			if (!slot_handle(crr, events[i].data.ptr, error))
				return false;
		}
	}
	return true;
}

static bool crr_run(struct crr *crr, GError **error)
{
	for (int i = 0; i < crr->options->connections; i++) {
		if (!slot_start(crr, &crr->slots[i], error))
			return false;
	}
	int64_t start = g_get_monotonic_time();
	if (!crr_loop(crr, error))
		return false;
	if (crr->n_done == 0) {
		failure_set(error, ETIMEDOUT, NULL, "no connection succeeded");
		return false;
	}
	double seconds = seconds_since(start);
	printf("{\"test\":\"crr\",\"rate\":%.1f,\"failed\":%" G_GUINT64_FORMAT
	       ",\"seconds\":%.3f}\n",
	       crr->n_done / seconds, crr->n_failed, seconds);
	return true;
}

bool exchange_crr(const struct netbench_options *options, GError **error)
{
	g_autofree struct slot *slots = g_new0(struct slot, options->connections);
	autoclose int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct crr crr = {.options = options, .epoll = epoll, .slots = slots};

	if (epoll < 0)
		return failure_errno(error, "epoll_create1");
	for (int i = 0; i < options->connections; i++)
		slots[i].fd = -1;
	bool good = crr_run(&crr, error);
	for (int i = 0; i < options->connections; i++)
		close_fd(&slots[i].fd);
	return good;
}
