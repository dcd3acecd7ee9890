/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper - keeps a forwarder running: puts a new one in the place of a dead one */
#include "launcher/keeper.h"

#include <errno.h>

#include "launcher/status.h"
#include "src/failure.h"
#include "src/fd_source.h"

/* So many deaths within so long are the end. */
#define DEATHS_MAX    5
#define DEATHS_TIME_S 10
/* How long a new one may take until it is ready, and to wait where it could not be started. */
#define READY_TIMEOUT_S 10
#define SPAWN_AGAIN_MS	100

struct keeper {
	struct keeper_context context;
	struct notices *notices;      /* while it runs */
	GSource *answer;	      /* while it starts */
	guint timer;		      /* source: it is late, or shall be started; or 0 */
	gint64 deaths_us[DEATHS_MAX]; /* a ring: when the last ones died */
	unsigned n_deaths;
	char *death;	  /* what became of the last one that served, until another does */
	char *last_death; /* of the last one at all */
	GError *refusal;  /* why the last new one did not serve, if it could tell */
	GError *failure;
};

static void start(struct keeper *keeper);

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

static void serve(struct keeper *keeper)
{
	keeper->notices = notices_new(keeper->context.helper->socket, keeper->context.on_notice,
				      keeper->context.opaque);
}

/* It is killed if it still lives: then the container goes on without, to its end. */
static void give_up(struct keeper *keeper, GError *failure)
{
	stop_timer(keeper);
	stop_listening(keeper);
	helper_kill(keeper->context.helper);
	keeper->failure = failure;
}

/* True when it has died too often of late, this time included. */
static bool note_death(struct keeper *keeper)
{
	gint64 now_us = g_get_monotonic_time();
	gint64 *oldest_us = &keeper->deaths_us[keeper->n_deaths++ % DEATHS_MAX];

	*oldest_us = now_us;
	gint64 first_us = keeper->deaths_us[keeper->n_deaths % DEATHS_MAX];
	return keeper->n_deaths >= DEATHS_MAX &&
	       now_us - first_us <= DEATHS_TIME_S * G_USEC_PER_SEC;
}

static GError *too_many_deaths(const struct keeper *keeper)
{
	g_autofree char *refusal = keeper->refusal ? failure_cause(keeper->refusal) : NULL;
	GError *failure = NULL;

	failure_set(
		&failure, 0, NULL,
		"netns-forwarder died %d times within %d seconds and is not started again: %s%s",
		DEATHS_MAX, DEATHS_TIME_S, refusal ? "" : "it ",
		refusal ? refusal : keeper->last_death);
	return failure;
}

static void on_serving(struct keeper *keeper)
{
	stop_timer(keeper);
	g_clear_error(&keeper->refusal);
	g_autofree char *death = g_steal_pointer(&keeper->death);
	g_printerr("netns-run: netns-forwarder %s; restarted\n", death);
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
	bool serves = handoff_receive_ready(fd, &ports, &keeper->refusal);
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
	return helper_spawn(context->helper, context->state_fd, error) &&
	       (!context->start ||
		handoff_send_start(context->helper->socket, context->start, error));
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
		else if (note_death(keeper))
			give_up(keeper, too_many_deaths(keeper));
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

bool keeper_take_death(struct keeper *keeper, pid_t pid, int wait_status)
{
	struct helper *helper = keeper->context.helper;

	if (pid != helper->pid)
		return false;
	helper->pid = 0;
	stop_timer(keeper);
	/* What it still had to say comes first: maybe why it could not serve. */
	if (keeper->answer)
		on_answer(helper->socket, G_IO_IN, keeper);
	stop_listening(keeper);
	if (keeper->failure)
		return true;
	g_free(keeper->last_death);
	keeper->last_death = status_explain(wait_status);
	if (!keeper->death) {
		keeper->death = g_strdup(keeper->last_death);
		keeper->context.on_death(keeper->context.opaque);
	}
	if (note_death(keeper))
		give_up(keeper, too_many_deaths(keeper));
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
	serve(keeper);
	return keeper;
}

void keeper_stop(struct keeper *keeper)
{
	if (!keeper)
		return;
	stop_timer(keeper);
	stop_listening(keeper);
}

void keeper_free(struct keeper *keeper)
{
	if (!keeper)
		return;
	keeper_stop(keeper);
	g_clear_error(&keeper->refusal);
	g_clear_error(&keeper->failure);
	g_free(keeper->death);
	g_free(keeper->last_death);
	g_free(keeper);
}
