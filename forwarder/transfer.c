/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transfer - messages from a forwarder that leaves to the one in its place, each acknowledged */
#include "forwarder/transfer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/handoff_message.h"

#define ACKNOWLEDGE_TIMEOUT_MS 3000
#define MESSAGE_TIMEOUT_MS     15000
#define CROWDED_WAIT_US	       1000
#define CROWDED_TRIES	       1000

static bool await_input(int socket, int timeout_ms, GError **error)
{
	struct pollfd entry = {.fd = socket, .events = POLLIN};
	int ready;

	do
		ready = poll(&entry, 1, timeout_ms);
	while (ready < 0 && errno == EINTR);
	if (ready > 0)
		return true;
	failure_set(error, ETIMEDOUT, NULL, "the other forwarder does not go on");
	return false;
}

static bool await_acknowledgement(int socket, GError **error)
{
	char byte;

	if (!await_input(socket, ACKNOWLEDGE_TIMEOUT_MS, error))
		return false;
	ssize_t size = recv(socket, &byte, sizeof(byte), 0);
	if (size == 1)
		return true;
	if (size < 0)
		return failure_errno(error, "hear of the other forwarder");
	failure_set(error, EPIPE, NULL, "the other forwarder has ended");
	return false;
}

/* As long as the user has too many descriptors under way. */
static bool send_patiently(int socket, const GByteArray *bytes, const int *fds, size_t n_fds,
			   GError **error)
{
	for (unsigned tries = 0;; tries++) {
		g_autoptr(GError) failure = NULL;

		if (fdpass_send(socket, bytes->data, bytes->len, fds, n_fds, &failure))
			return true;
		if (failure->code != ETOOMANYREFS || tries == CROWDED_TRIES) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return false;
		}
		g_usleep(CROWDED_WAIT_US);
	}
}

bool transfer_send(int socket, const struct transfer_message *message, GError **error)
{
	g_autofree char *text = json_to_string(message->object, false);
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	g_byte_array_append(bytes, (const uint8_t *)text, (guint)strlen(text) + 1);
	g_byte_array_append(bytes, message->data, (guint)message->size);
	return send_patiently(socket, bytes, message->fds, message->n_fds, error) &&
	       await_acknowledgement(socket, error);
}

static bool parse(struct transfer_message *message, const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	if (length == size)
		return false;
	message->object = json_from_string(text, NULL);
	if (!message->object || !JSON_NODE_HOLDS_OBJECT(message->object))
		return false;
	message->size = size - length - 1;
	message->data = g_memdup2(text + length + 1, message->size);
	return true;
}

bool transfer_receive(int socket, struct transfer_message *ret_message, GError **error)
{
	struct transfer_message message = {0};
	g_autofree char *text = g_malloc(FDPASS_MAX_BYTES);

	if (!await_input(socket, MESSAGE_TIMEOUT_MS, error))
		return false;
	ssize_t size = fdpass_receive(socket, text, FDPASS_MAX_BYTES, message.fds, &message.n_fds);
	if (size < 0)
		return failure_errno(error, "receive from the other forwarder");
	if (size == 0) {
		failure_set(error, EPIPE, NULL, "the other forwarder has ended");
		return false;
	}
	if (!parse(&message, text, (size_t)size)) {
		transfer_message_done(&message);
		return handoff_message_malformed(error, "transfer");
	}
	*ret_message = message;
	return true;
}

bool transfer_acknowledge(int socket, GError **error)
{
	return fdpass_send(socket, "+", 1, NULL, 0, error);
}

void transfer_message_done(struct transfer_message *message)
{
	for (size_t i = 0; i < message->n_fds; i++)
		close_fd(&message->fds[i]);
	message->n_fds = 0;
	g_clear_pointer(&message->object, json_node_unref);
	g_clear_pointer(&message->data, g_free);
	message->size = 0;
}
