/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transfer - streams of known size and content: do they arrive, and do they ever pause */
#include "tests/bench/transfer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "tests/bench/endpoint.h"
#include "tests/bench/pattern.h"

#define MAX_SIZE (1ull << 40)

struct transfer {
	const struct netbench_options *options;
	const struct pattern *pattern;
	uint64_t size;
	int64_t deadline;
};

/* As netbench_taken, in host order. */
struct transfer_result {
	uint64_t longest_pause_us;
	uint64_t elapsed_us;
	bool intact;
};

static bool request(int fd, enum netbench_verb verb, uint64_t size, GError **error)
{
	uint8_t bytes[NETBENCH_REQUEST_SIZE] = {verb};
	uint64_t size_be = GUINT64_TO_BE(size);

	memcpy(bytes + 1, &size_be, sizeof(size_be));
	return endpoint_send(fd, bytes, sizeof(bytes), error);
}

static bool check_time(const struct transfer *transfer, uint64_t done, GError **error)
{
	if (g_get_monotonic_time() < transfer->deadline)
		return true;
	failure_set(error, ETIMEDOUT, NULL,
		    "only %" G_GUINT64_FORMAT " bytes moved within %d seconds", done,
		    transfer->options->seconds);
	return false;
}

/* Reads what is left of the stream and, at the end, checks that the server closes it. */
static bool receive_pattern(const struct transfer *transfer, int fd,
			    struct pattern_receipt *receipt, GError **error)
{
	g_autofree uint8_t *buffer = g_malloc(PATTERN_CHUNK);
	size_t room;

	while ((room = pattern_receipt_room(receipt)) > 0) {
		ssize_t size = recv(fd, buffer, room, 0);

		if (size < 0)
			return failure_errno(error, "receive");
		if (size == 0) {
			failure_set(error, 0, NULL, "the stream ended after %" G_GUINT64_FORMAT,
				    receipt->received);
			return false;
		}
		pattern_receipt_note(receipt, transfer->pattern, buffer, size);
		if (!check_time(transfer, receipt->received, error))
			return false;
	}
	if (recv(fd, buffer, 1, 0) != 0)
		receipt->intact = false;
	return true;
}

static bool receive_stream(const struct transfer *transfer, int fd,
			   struct transfer_result *ret_result, GError **error)
{
	struct pattern_receipt receipt;

	pattern_receipt_start(&receipt, transfer->size);
	if (!request(fd, NETBENCH_SEND, transfer->size, error) ||
	    !receive_pattern(transfer, fd, &receipt, error))
		return false;
	*ret_result = (struct transfer_result){
		.longest_pause_us = receipt.longest_pause,
		.elapsed_us = receipt.last_read - receipt.started,
		.intact = receipt.intact,
	};
	return true;
}

static bool send_stream(const struct transfer *transfer, int fd, struct transfer_result *ret_result,
			GError **error)
{
	struct netbench_taken taken;

	if (!request(fd, NETBENCH_TAKE, transfer->size, error))
		return false;
	for (uint64_t sent = 0; sent < transfer->size;) {
		size_t size = MIN(transfer->size - sent, PATTERN_CHUNK);

		if (!check_time(transfer, sent, error) ||
		    !endpoint_send(fd, pattern_at(transfer->pattern, sent), size, error))
			return false;
		sent += size;
	}
	if (!endpoint_receive(fd, &taken, sizeof(taken), error))
		return false;
	*ret_result = (struct transfer_result){
		.longest_pause_us = GUINT64_FROM_BE(taken.longest_pause_us),
		.elapsed_us = GUINT64_FROM_BE(taken.elapsed_us),
		.intact = GUINT64_FROM_BE(taken.intact) == 1,
	};
	return true;
}

static bool transfer_run(const struct transfer *transfer, struct transfer_result *ret_result,
			 GError **error)
{
	autoclose int fd = endpoint_connect(transfer->options, error);

	if (fd < 0)
		return false;
	if (transfer->options->down)
		return receive_stream(transfer, fd, ret_result, error);
	return send_stream(transfer, fd, ret_result, error);
}

static void transfer_print(const struct transfer *transfer)
{
	struct transfer_result result = {0};
	g_autoptr(GError) error = NULL;

	printf("{\"bytes\":%" G_GUINT64_FORMAT ",", transfer->size);
	if (!transfer_run(transfer, &result, &error)) {
		/* The messages are our own and strerror()'s: nothing in them needs escaping. */
		printf("\"error\":\"%s\"}", error->message);
		return;
	}
	printf("\"pause_ms\":%.3f,\"seconds\":%.6f,\"intact\":%s}", result.longest_pause_us / 1e3,
	       result.elapsed_us / 1e6, result.intact ? "true" : "false");
}

bool transfer_sweep(const struct netbench_options *options, GError **error)
{
	g_auto(GStrv) sizes = g_strsplit(options->sizes, ",", -1);
	g_autofree struct pattern *pattern = pattern_new();
	struct transfer transfer = {.options = options, .pattern = pattern};

	for (int i = 0; sizes[i]; i++) {
		if (!g_ascii_string_to_unsigned(sizes[i], 10, 1, MAX_SIZE, NULL, error))
			return false;
	}
	printf("{\"test\":\"sweep\",\"transfers\":[");
	for (int i = 0; sizes[i]; i++) {
		transfer.size = g_ascii_strtoull(sizes[i], NULL, 10);
		transfer.deadline =
			g_get_monotonic_time() + options->seconds * (int64_t)G_USEC_PER_SEC;
		printf("%s", i ? "," : "");
		transfer_print(&transfer);
	}
	printf("]}\n");
	return true;
}
