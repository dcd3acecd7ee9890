/* SPDX-License-Identifier: GPL-2.0-or-later */
/* upgrade - puts the installed forwarder in the place of a running one, which hands over */
#include "launcher/upgrade.h"

#include <errno.h>
#include <sys/socket.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fd_source.h"
#include "src/fdpass.h"
#include "src/handoff_message.h"
#include "src/notice.h"

#define TIMEOUT_S 20

enum phase { PREPARING, YIELDING, GOING };

struct upgrade {
	struct upgrade_context context;
	enum phase phase;
	struct helper helper; /* the new one */
	int old_end;	      /* of the socket between the two, until the old one has it */
	GSource *source;
	guint timer;
};

static bool send_order(int socket, const char *order, int fd, GError **error)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

	json_object_set_string_member(json_node_get_object(node), "order", order);
	return handoff_message_send(socket, node, &fd, fd >= 0 ? 1 : 0, error);
}

static void fail(struct upgrade *upgrade, const GError *failure)
{
	upgrade->context.on_done(failure, upgrade->context.opaque);
}

/* What it says before it has been told to go: that it is prepared, or why it is not. */
static bool expect_prepared(int socket, GError **error)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	g_autoptr(JsonNode) root = handoff_message_receive(socket, fds, &n_fds, error);

	if (!root)
		return false;
	for (size_t i = 0; i < n_fds; i++)
		close_fd(&fds[i]);
	JsonObject *object = json_node_get_object(root);
	const char *failed = json_object_get_string_member(object, "failed");
	if (failed) {
		g_set_error_literal(error, FAILURE,
				    (int)json_object_get_int_member(object, "errno"), failed);
		return false;
	}
	if (g_strcmp0(json_object_get_string_member(object, "notice"), NOTICE_PREPARED) == 0)
		return true;
	failure_set(error, EPROTO, NULL, "the installed netns-forwarder cannot take a place");
	return false;
}

static void take_prepared(struct upgrade *upgrade, GError **error)
{
	if (!expect_prepared(upgrade->helper.socket, error))
		return;
	if (upgrade->phase != PREPARING) {
		failure_set(error, EPROTO, NULL,
			    "the new netns-forwarder says twice that it is prepared");
		return;
	}
	if (!send_order(upgrade->context.old->socket, ORDER_YIELD, upgrade->old_end, error))
		return;
	close_fd(&upgrade->old_end);
	upgrade->phase = YIELDING;
}

static void take_ready(int socket, GError **error)
{
	struct port_set ports;

	port_set_init(&ports);
	handoff_receive_ready(socket, &ports, NULL, error);
	port_set_close(&ports);
	port_set_done(&ports);
}

static void on_message(int fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct upgrade *upgrade = opaque;
	g_autoptr(GError) failure = NULL;
	char byte;

	/* Closed without a word: SIGCHLD tells how it died, or the timer that it did not. */
	if (recv(fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) <= 0) {
		g_clear_pointer(&upgrade->source, fd_source_free);
		return;
	}
	if (upgrade->phase == GOING) {
		take_ready(fd, &failure);
		upgrade->context.on_done(failure, upgrade->context.opaque);
		return;
	}
	take_prepared(upgrade, &failure);
	if (failure)
		fail(upgrade, failure);
}

static gboolean on_late(gpointer data)
{
	struct upgrade *upgrade = data;
	g_autoptr(GError) failure = NULL;

	upgrade->timer = 0;
	failure_set(&failure, ETIMEDOUT, NULL, "the hand-over took more than %d seconds",
		    TIMEOUT_S);
	fail(upgrade, failure);
	return G_SOURCE_REMOVE;
}

bool upgrade_take_notice(struct upgrade *upgrade, const char *kind, JsonObject *notice)
{
	g_autoptr(GError) failure = NULL;

	if (upgrade->phase != YIELDING)
		return false;
	if (g_str_equal(kind, NOTICE_KEPT)) {
		const char *failed = json_object_get_string_member(notice, "failed");

		g_set_error_literal(&failure, FAILURE,
				    (int)json_object_get_int_member(notice, "errno"),
				    failed ? failed : "the running netns-forwarder did not yield");
		fail(upgrade, failure);
		return true;
	}
	if (!g_str_equal(kind, NOTICE_YIELDED))
		return false;
	upgrade->phase = GOING;
	upgrade->context.on_yielded(upgrade->context.opaque);
	/* Should it be dead, SIGCHLD tells. */
	send_order(upgrade->helper.socket, ORDER_GO, -1, NULL);
	return true;
}

void upgrade_cancel(struct upgrade *upgrade, const GError *failure)
{
	if (upgrade->phase != GOING)
		fail(upgrade, failure);
}

bool upgrade_is_going(const struct upgrade *upgrade)
{
	return upgrade->phase == GOING;
}

pid_t upgrade_pid(const struct upgrade *upgrade)
{
	return upgrade->helper.pid;
}

struct helper upgrade_take(struct upgrade *upgrade)
{
	struct helper helper = upgrade->helper;

	g_clear_pointer(&upgrade->source, fd_source_free);
	upgrade->helper = (struct helper){.socket = -1};
	return helper;
}

static bool start(struct upgrade *upgrade, int new_end, GError **error)
{
	struct handoff_start start = *upgrade->context.start;

	start.fds[HANDOFF_FD_PREDECESSOR] = new_end;
	return helper_spawn(&upgrade->helper, upgrade->context.deputy, upgrade->context.state_fd,
			    error) &&
	       helper_tell(&upgrade->helper, &start, error);
}

struct upgrade *upgrade_new(const struct upgrade_context *context, GError **error)
{
	struct upgrade *upgrade = g_new0(struct upgrade, 1);
	int pair[2];

	*upgrade = (struct upgrade){.context = *context, .helper.socket = -1, .old_end = -1};
	if (!fdpass_socketpair(pair, error)) {
		upgrade_free(upgrade);
		return NULL;
	}
	upgrade->old_end = pair[0];
	bool started = start(upgrade, pair[1], error);
	close(pair[1]);
	if (!started) {
		upgrade_free(upgrade);
		return NULL;
	}
	upgrade->source = fd_source_new(NULL, upgrade->helper.socket, G_IO_IN, on_message, upgrade);
	upgrade->timer = g_timeout_add_seconds(TIMEOUT_S, on_late, upgrade);
	return upgrade;
}

void upgrade_free(struct upgrade *upgrade)
{
	if (!upgrade)
		return;
	g_clear_pointer(&upgrade->source, fd_source_free);
	if (upgrade->timer)
		g_source_remove(upgrade->timer);
	helper_kill(&upgrade->helper);
	helper_forget(&upgrade->helper);
	close_fd(&upgrade->old_end);
	g_free(upgrade);
}
