/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper - keeps a forwarder running: puts a new one in the place of a dead one */
#include "launcher/keeper.h"

#include <errno.h>

#include "launcher/deaths.h"
#include "launcher/resolver_feed.h"
#include "launcher/session_message.h"
#include "launcher/status.h"
#include "launcher/upgrade.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fd_source.h"
#include "src/handoff_message.h"
#include "src/notice.h"

/* How long a new one may take until it is ready, and to wait where it could not be started. */
#define READY_TIMEOUT_S 10
#define SPAWN_AGAIN_MS	100
/* How often an upgrade begins anew, when what was handed over has changed meanwhile. */
#define UPGRADES_AGAIN 10

struct keeper {
	struct keeper_context context;
	struct deputy *deputy;	    /* or NULL */
	struct notices *notices;    /* while it runs */
	struct resolver_feed *feed; /* of the host's name servers, for all that run */
	struct upgrade *upgrade;    /* or NULL */
	GArray *clients;	    /* of int: who waits for that */
	unsigned upgrades_left;	    /* before they are told that it has failed */
	GSource *answer;	    /* while it starts */
	guint timer;		    /* source: it is late, or shall be started; or 0 */
	struct deaths deaths;
	char *death;	 /* what became of the last one that served, until another does */
	GError *refusal; /* why the last new one did not serve, if it could tell */
	GError *failure;
};

static void start(struct keeper *keeper);
static void begin_upgrade(struct keeper *keeper);
static void on_notice(const char *kind, JsonObject *notice, int *fds, size_t n_fds, void *opaque);

static void stop_timer(struct keeper *keeper)
{
	if (keeper->timer)
		g_source_remove(keeper->timer);
	keeper->timer = 0;
}

static void stop_listening(struct keeper *keeper)
{
	g_clear_pointer(&keeper->answer, fd_source_free);
	g_clear_pointer(&keeper->notices, notices_free);
}

/*
 * The one that runs sees no files. It keeps a duplicate of the feed's descriptor, so that closing
 * ours costs nothing.
 */
static void tell_resolver(const struct keeper *keeper)
{
	const char *text = resolver_feed_text(keeper->feed);
	int fd = resolver_feed_fd(keeper->feed);
	g_autoptr(JsonNode) order = session_empty_object();

	if (!text || !keeper->notices || !keeper->context.start)
		return;
	json_object_set_string_member(json_node_get_object(order), "order", ORDER_RESOLVER);
	json_object_set_string_member(json_node_get_object(order), "resolv_conf", text);
	/* A dead one's successor is told anew. */
	handoff_message_send(keeper->context.helper->socket, order, &fd, 1, NULL);
}

static void on_resolver(const char *text G_GNUC_UNUSED, void *opaque)
{
	tell_resolver(opaque);
}

static void serve(struct keeper *keeper)
{
	keeper->notices = notices_new(keeper->context.helper->socket, on_notice, keeper);
	tell_resolver(keeper);
}

/* It is killed if it still lives: then the container goes on without, to its end. */
static void give_up(struct keeper *keeper, GError *failure)
{
	stop_timer(keeper);
	stop_listening(keeper);
	helper_kill(keeper->context.helper);
	keeper->failure = failure;
}

static void on_serving(struct keeper *keeper)
{
	stop_timer(keeper);
	g_clear_error(&keeper->refusal);
	g_autofree char *death = g_steal_pointer(&keeper->death);
	g_printerr("%s: netns-forwarder %s; restarted\n", keeper->context.program, death);
	serve(keeper);
	keeper->context.on_restarted(death, keeper->context.opaque);
}

/* The first message of a new one. Should it not serve, it dies, and that decides. */
static void on_answer(int fd, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct keeper *keeper = opaque;
	struct port_set ports;

	g_clear_pointer(&keeper->answer, fd_source_free);
	g_clear_error(&keeper->refusal);
	port_set_init(&ports);
	bool serves = handoff_receive_ready(fd, &ports, NULL, &keeper->refusal);
	/* They are those that it was started with. */
	port_set_close(&ports);
	port_set_done(&ports);
	if (serves) {
		on_serving(keeper);
		return;
	}
	/* It has closed the socket, which is no answer. */
	if (keeper->refusal->code == EPIPE || keeper->refusal->code == ECONNRESET)
		g_clear_error(&keeper->refusal);
	helper_kill(keeper->context.helper);
}

static gboolean on_late(gpointer data)
{
	struct keeper *keeper = data;
	GError *failure = NULL;

	keeper->timer = 0;
	failure_set(&failure, ETIMEDOUT, NULL,
		    "netns-forwarder %s; a new one was not ready within %d seconds", keeper->death,
		    READY_TIMEOUT_S);
	give_up(keeper, failure);
	return G_SOURCE_REMOVE;
}

static gboolean on_start_again(gpointer data)
{
	struct keeper *keeper = data;

	keeper->timer = 0;
	start(keeper);
	return G_SOURCE_REMOVE;
}

static bool spawn(struct keeper *keeper, GError **error)
{
	const struct keeper_context *context = &keeper->context;

	helper_forget(context->helper);
	return helper_spawn(context->helper, keeper->deputy, context->state_fd, error) &&
	       (!context->start || helper_tell(context->helper, context->start, error));
}

static void start(struct keeper *keeper)
{
	g_autoptr(GError) refusal = NULL;
	const struct keeper_context *context = &keeper->context;

	if (!spawn(keeper, &refusal)) {
		/* Processes or memory have run out, maybe not for long. Counts as a death. */
		g_clear_error(&keeper->refusal);
		keeper->refusal = g_steal_pointer(&refusal);
		if (context->helper->pid > 0)
			helper_kill(context->helper);
		else if (deaths_count(&keeper->deaths))
			give_up(keeper, deaths_failure(&keeper->deaths, keeper->refusal));
		else
			keeper->timer = g_timeout_add(SPAWN_AGAIN_MS, on_start_again, keeper);
		return;
	}
	if (!context->start) {
		on_serving(keeper);
		return;
	}
	keeper->answer = fd_source_new(NULL, context->helper->socket, G_IO_IN, on_answer, keeper);
	keeper->timer = g_timeout_add_seconds(READY_TIMEOUT_S, on_late, keeper);
}

/* --- upgrades --- */

static JsonNode *upgrade_result(const struct keeper *keeper)
{
	JsonNode *result = session_empty_object();
	JsonObject *object = json_node_get_object(result);
	bool survive = keeper->context.start->link.kind == LINK_GATEWAY;

	json_object_set_int_member(object, "pid", keeper->context.helper->pid);
	json_object_set_boolean_member(object, "connections_survive", survive);
	return result;
}

static void answer_clients(struct keeper *keeper, const GError *failure)
{
	for (guint i = 0; i < keeper->clients->len; i++) {
		int client = g_array_index(keeper->clients, int, i);

		if (failure)
			session_send_failure(client, failure, 0);
		else
			session_send_return(client, upgrade_result(keeper), -1);
		close(client);
	}
	g_array_set_size(keeper->clients, 0);
}

/* The new one is the one that runs, or at least the only one there is. */
static void take_new_helper(struct keeper *keeper)
{
	stop_listening(keeper);
	helper_forget(keeper->context.helper);
	*keeper->context.helper = upgrade_take(keeper->upgrade);
}

static void on_upgrade_done(const GError *failure, void *opaque)
{
	struct keeper *keeper = opaque;
	bool is_going = upgrade_is_going(keeper->upgrade);

	if (is_going)
		take_new_helper(keeper);
	g_clear_pointer(&keeper->upgrade, upgrade_free);
	if (!is_going && failure && failure->code == EAGAIN && keeper->upgrades_left-- > 0) {
		begin_upgrade(keeper);
		return;
	}
	if (!failure) {
		serve(keeper);
		keeper->context.on_upgraded(keeper->context.opaque);
	} else if (is_going) {
		/* Nobody serves: its death makes us start another. */
		helper_kill(keeper->context.helper);
	}
	answer_clients(keeper, failure);
}

static void on_yielded(void *opaque)
{
	struct keeper *keeper = opaque;

	keeper->context.on_death(keeper->context.opaque);
}

static void cancel_upgrade(struct keeper *keeper, int errnum, const char *what, const char *how)
{
	g_autoptr(GError) failure = NULL;

	failure_set(&failure, errnum, "try again", "%s %s", what, how);
	upgrade_cancel(keeper->upgrade, failure);
}

static void on_notice(const char *kind, JsonObject *notice, int *fds, size_t n_fds, void *opaque)
{
	struct keeper *keeper = opaque;

	if (g_str_equal(kind, NOTICE_FORBIDDEN))
		deaths_take_notice(&keeper->deaths, notice);
	if (keeper->upgrade && upgrade_take_notice(keeper->upgrade, kind, notice))
		return;
	keeper->context.on_notice(kind, notice, fds, n_fds, keeper->context.opaque);
	/* The new one was started with those that there were. */
	if (keeper->upgrade && g_str_equal(kind, NOTICE_PORTS))
		cancel_upgrade(keeper, EAGAIN, "the published ports", "have changed meanwhile");
	else if (keeper->upgrade && g_str_equal(kind, NOTICE_EGRESS))
		cancel_upgrade(keeper, EAGAIN, "the rules of egress", "have changed meanwhile");
	else if (keeper->upgrade && g_str_equal(kind, NOTICE_RATES))
		cancel_upgrade(keeper, EAGAIN, "the limits of bandwidth", "have changed meanwhile");
}

/* False, with the error, while there is none that runs and could hand over. */
static bool check_upgradable(const struct keeper *keeper, GError **error)
{
	if (!keeper->context.start) {
		failure_set(error, EOPNOTSUPP, NULL, "the container has no forwarder");
		return false;
	}
	if (keeper->notices && !keeper->failure)
		return true;
	failure_set(error, EAGAIN, "try again", "the forwarder is just being restarted");
	return false;
}

static void begin_upgrade(struct keeper *keeper)
{
	const struct upgrade_context context = {
		.old = keeper->context.helper,
		.start = keeper->context.start,
		.deputy = keeper->deputy,
		.state_fd = keeper->context.state_fd,
		.on_yielded = on_yielded,
		.on_done = on_upgrade_done,
		.opaque = keeper,
	};
	g_autoptr(GError) failure = NULL;

	if (check_upgradable(keeper, &failure))
		keeper->upgrade = upgrade_new(&context, &failure);
	if (!keeper->upgrade)
		answer_clients(keeper, failure);
}

void keeper_upgrade(struct keeper *keeper, int client)
{
	g_array_append_val(keeper->clients, client);
	if (keeper->upgrade)
		return;
	keeper->upgrades_left = UPGRADES_AGAIN;
	begin_upgrade(keeper);
}

/* The new one of an upgrade. True unless it was the only one by then. */
static bool take_new_death(struct keeper *keeper, int wait_status)
{
	g_autofree char *death = status_explain(wait_status);

	if (upgrade_is_going(keeper->upgrade)) {
		take_new_helper(keeper);
		g_clear_pointer(&keeper->upgrade, upgrade_free);
		g_autoptr(GError) failure = NULL;
		failure_set(&failure, EPIPE, NULL, "the new netns-forwarder %s", death);
		answer_clients(keeper, failure);
		return false;
	}
	/* It is reaped: not to be killed any more. */
	struct helper gone = upgrade_take(keeper->upgrade);
	helper_forget(&gone);
	cancel_upgrade(keeper, EPIPE, "the new netns-forwarder", death);
	return true;
}

/* --- deaths --- */

bool keeper_take_death(struct keeper *keeper, pid_t pid, int wait_status)
{
	struct helper *helper = keeper->context.helper;

	if (keeper->upgrade && pid == upgrade_pid(keeper->upgrade) &&
	    take_new_death(keeper, wait_status))
		return true;
	if (pid != helper->pid)
		return false;
	helper->pid = 0;
	/* It may have handed over just before. */
	if (keeper->upgrade) {
		stop_listening(keeper);
		if (keeper->upgrade && upgrade_is_going(keeper->upgrade))
			return true;
		if (keeper->upgrade)
			cancel_upgrade(keeper, EPIPE, "the running netns-forwarder", "has died");
	}
	stop_timer(keeper);
	/* What it still had to say comes first: maybe why it could not serve. */
	if (keeper->answer)
		on_answer(helper->socket, G_IO_IN, keeper);
	stop_listening(keeper);
	if (keeper->failure)
		return true;
	deaths_add(&keeper->deaths, wait_status);
	if (!keeper->death) {
		keeper->death = g_strdup(keeper->deaths.last);
		keeper->context.on_death(keeper->context.opaque);
	}
	if (deaths_count(&keeper->deaths))
		give_up(keeper, deaths_failure(&keeper->deaths, keeper->refusal));
	else
		start(keeper);
	return true;
}

const GError *keeper_failure(const struct keeper *keeper)
{
	return keeper->failure;
}

struct keeper *keeper_new(const struct keeper_context *context)
{
	struct keeper *keeper = g_new0(struct keeper, 1);

	keeper->context = *context;
	keeper->clients = g_array_new(FALSE, FALSE, sizeof(int));
	if (context->start || context->rootfs)
		keeper->feed = resolver_feed_new(RESOLV_CONF_PATH, on_resolver, keeper);
	if (keeper->feed && context->rootfs)
		resolver_feed_cover(keeper->feed, context->rootfs, context->etc_cover);
	serve(keeper);
	return keeper;
}

void keeper_use_deputy(struct keeper *keeper, struct deputy *deputy)
{
	keeper->deputy = deputy;
	resolver_feed_use_deputy(keeper->feed, deputy);
}

void keeper_stop(struct keeper *keeper)
{
	if (!keeper)
		return;
	stop_timer(keeper);
	g_clear_pointer(&keeper->upgrade, upgrade_free);
	g_clear_pointer(&keeper->feed, resolver_feed_free);
	stop_listening(keeper);
}

void keeper_free(struct keeper *keeper)
{
	if (!keeper)
		return;
	keeper_stop(keeper);
	for (guint i = 0; i < keeper->clients->len; i++)
		close(g_array_index(keeper->clients, int, i));
	g_array_unref(keeper->clients);
	g_clear_error(&keeper->refusal);
	g_clear_error(&keeper->failure);
	g_free(keeper->death);
	deaths_done(&keeper->deaths);
	g_free(keeper);
}
