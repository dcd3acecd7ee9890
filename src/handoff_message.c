/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handoff_message - one message between launcher and forwarder: a JSON object with descriptors */
#include "src/handoff_message.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "src/failure.h"
#include "src/fdpass.h"

bool handoff_message_malformed(GError **error, const char *what)
{
	failure_set(error, EBADMSG, "install launcher and forwarder of one version",
		    "hand-over message without a valid %s", what);
	return false;
}

bool handoff_message_send(int socket, JsonNode *object, const int *fds, size_t n_fds,
			  GError **error)
{
	g_autofree char *text = json_to_string(object, FALSE);
	size_t size = strlen(text);

	if (size > FDPASS_MAX_BYTES) {
		failure_set(error, EMSGSIZE, NULL, "a hand-over message of %zu bytes is too long",
			    size);
		return false;
	}
	return fdpass_send(socket, text, size, fds, n_fds, error);
}

JsonNode *handoff_message_receive(int socket, int *ret_fds, size_t *ret_n_fds, GError **error)
{
	g_autofree char *text = g_malloc(FDPASS_MAX_BYTES);
	ssize_t size = fdpass_receive(socket, text, FDPASS_MAX_BYTES, ret_fds, ret_n_fds);

	if (size < 0) {
		failure_errno(error, "receive a hand-over message");
		return NULL;
	}
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	g_autoptr(JsonNode) root = NULL;
	if (size > 0 && json_parser_load_from_data(parser, text, size, NULL))
		root = json_parser_steal_root(parser);
	if (root && JSON_NODE_HOLDS_OBJECT(root))
		return g_steal_pointer(&root);
	for (size_t i = 0; i < *ret_n_fds; i++)
		close(ret_fds[i]);
	if (size == 0)
		failure_set(error, EPIPE, NULL, "the other end of the hand-over socket is gone");
	else
		handoff_message_malformed(error, "JSON object");
	return NULL;
}
