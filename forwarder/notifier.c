/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notifier - tells the launcher what has happened, over the hand-over socket */
#include "forwarder/notifier.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "src/failure.h"
#include "src/handoff_message.h"
#include "src/notice.h"

#define TELL_TIMEOUT_MS 1000

struct notifier {
	int socket;
	uint64_t n_lost; /* events since the last one that was told */
};

struct notifier *notifier_new(int socket)
{
	struct notifier *notifier = g_new0(struct notifier, 1);

	notifier->socket = socket;
	if (socket >= 0)
		fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
	return notifier;
}

void notifier_free(struct notifier *notifier)
{
	g_free(notifier);
}

bool notifier_tell(struct notifier *notifier, const char *kind, JsonNode *notice, const int *fds,
		   size_t n_fds, GError **error)
{
	struct pollfd entry = {.fd = notifier->socket, .events = POLLOUT};
	g_autoptr(JsonNode) root = notice;

	if (notifier->socket < 0)
		return true;
	json_object_set_string_member(json_node_get_object(root), "notice", kind);
	while (poll(&entry, 1, TELL_TIMEOUT_MS) == 1) {
		g_autoptr(GError) failure = NULL;

		if (handoff_message_send(notifier->socket, root, fds, n_fds, &failure))
			return true;
		if (failure->code != EAGAIN) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return false;
		}
	}
	failure_set(error, ETIMEDOUT, NULL, "the launcher does not listen");
	return false;
}

void notifier_event(struct notifier *notifier, const char *event, JsonNode *details)
{
	g_autoptr(JsonNode) root = details;

	if (notifier->socket < 0)
		return;
	if (!root) {
		root = json_node_new(JSON_NODE_OBJECT);
		json_node_take_object(root, json_object_new());
	}
	JsonObject *object = json_node_get_object(root);
	json_object_set_string_member(object, "notice", NOTICE_EVENT);
	json_object_set_string_member(object, "event", event);
	if (notifier->n_lost)
		json_object_set_int_member(object, "lost", (gint64)notifier->n_lost);
	if (handoff_message_send(notifier->socket, root, NULL, 0, NULL))
		notifier->n_lost = 0;
	else
		notifier->n_lost++;
}
