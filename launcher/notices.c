/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notices - takes what the running forwarder tells of itself (src/notice.h) */
#include "launcher/notices.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fd_source.h"
#include "src/fdpass.h"
#include "src/handoff_message.h"

struct notices {
	int socket;
	GSource *source;
	notices_handler handler;
	void *opaque;
};

static const char *notice_kind(JsonObject *object)
{
	JsonNode *node = json_object_get_member(object, "notice");

	return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

/* False when no more will come. */
static bool take_one(struct notices *notices)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	g_autoptr(GError) failure = NULL;
	g_autoptr(JsonNode) root = handoff_message_receive(notices->socket, fds, &n_fds, &failure);

	if (!root)
		return failure->code == EBADMSG || failure->code == EMSGSIZE ||
		       failure->code == EAGAIN;
	JsonObject *object = json_node_get_object(root);
	const char *kind = notice_kind(object);
	if (kind)
		notices->handler(kind, object, fds, n_fds, notices->opaque);
	for (size_t i = 0; i < n_fds; i++)
		close_fd(&fds[i]);
	return true;
}

static void on_message(int fd G_GNUC_UNUSED, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct notices *notices = opaque;

	if (take_one(notices))
		return;
	fd_source_free(notices->source);
	notices->source = NULL;
}

struct notices *notices_new(int socket, notices_handler handler, void *opaque)
{
	struct notices *notices = g_new(struct notices, 1);

	*notices = (struct notices){
		.socket = socket,
		.source = fd_source_new(NULL, socket, G_IO_IN, on_message, notices),
		.handler = handler,
		.opaque = opaque,
	};
	return notices;
}

void notices_free(struct notices *notices)
{
	struct pollfd entry;

	if (!notices)
		return;
	entry = (struct pollfd){.fd = notices->socket, .events = POLLIN};
	while (notices->source && poll(&entry, 1, 0) == 1 && take_one(notices))
		;
	fd_source_free(notices->source);
	g_free(notices);
}
