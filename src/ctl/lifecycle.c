/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lifecycle - netns-ctl NAME stop|kill|wait|pause|resume|upgrade */
#include "src/ctl/lifecycle.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "src/autoclose.h"
#include "src/ctl/container_process.h"
#include "src/ctl/message.h"
#include "src/ctl/session.h"
#include "src/ctl/signals.h"
#include "src/failure.h"

#define MILLISECONDS 1000
/* The launcher gives up before. */
#define UPGRADE_TIMEOUT (30 * MILLISECONDS)

static bool call(const char *container, const char *verb, JsonObject *arguments, GError **error)
{
	const struct client_request request = {container, verb, arguments, CLIENT_TIMEOUT};
	g_autoptr(JsonObject) result = session_call(&request, error);

	return result;
}

static bool send_signal(const char *container, int number, GError **error)
{
	g_autoptr(JsonObject) arguments = json_object_new();

	json_object_set_int_member(arguments, "signal", number);
	return call(container, "kill", arguments, error);
}

/* Readable when the launcher has ended; timeout in milliseconds, -1: for ever. */
static bool has_ended(int launcher, int timeout)
{
	struct pollfd waiting = {.fd = launcher, .events = POLLIN};
	gint64 deadline = g_get_monotonic_time() + timeout * G_TIME_SPAN_MILLISECOND;
	int ready;

	do {
		gint64 left = (deadline - g_get_monotonic_time() + 999) / 1000;
		ready = poll(&waiting, 1, timeout < 0 ? -1 : (int)MAX(left, 0));
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* A failure that comes of the container's end is what was wanted. */
static bool signal_or_ended(const char *container, int launcher, int number, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (send_signal(container, number, &failure) || has_ended(launcher, 0))
		return true;
	if (failure->code == ECONNRESET || failure->code == ENOENT)
		return has_ended(launcher, CLIENT_TIMEOUT);
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

bool lifecycle_stop(const struct ctl_request *request, GError **error)
{
	const char *container = request->container;
	int seconds = MIN(request->options.seconds, G_MAXINT / MILLISECONDS);
	autoclose int launcher = container_process_open_launcher(container, error);

	if (launcher < 0)
		return false;
	if (seconds > 0) {
		if (!signal_or_ended(container, launcher, SIGTERM, error))
			return false;
		if (has_ended(launcher, seconds * MILLISECONDS))
			return true;
	}
	if (!signal_or_ended(container, launcher, SIGKILL, error))
		return false;
	if (has_ended(launcher, CLIENT_TIMEOUT))
		return true;
	failure_set(error, ETIMEDOUT, NULL, "container '%s' outlives SIGKILL", container);
	return false;
}

bool lifecycle_kill(const struct ctl_request *request, GError **error)
{
	int number = SIGKILL;

	if (request->operands[0] && !signals_parse(request->operands[0], &number, error))
		return false;
	autoclose int launcher = container_process_open_launcher(request->container, error);
	/* Who serves a network for others dies of it before it can answer. */
	return launcher >= 0 && signal_or_ended(request->container, launcher, number, error);
}

bool lifecycle_wait(const struct ctl_request *request, GError **error)
{
	const struct client_request wait = {request->container, "wait", NULL, -1};
	g_autoptr(JsonObject) result = session_call(&wait, error);

	if (!result)
		return false;
	printf("%" G_GINT64_FORMAT "\n", message_int(result, "status", 0));
	return true;
}

bool lifecycle_pause(const struct ctl_request *request, GError **error)
{
	return call(request->container, "pause", NULL, error);
}

bool lifecycle_resume(const struct ctl_request *request, GError **error)
{
	return call(request->container, "resume", NULL, error);
}

bool lifecycle_upgrade(const struct ctl_request *request, GError **error)
{
	const struct client_request upgrade = {request->container, "upgrade", NULL,
					       UPGRADE_TIMEOUT};
	g_autoptr(JsonObject) result = session_call(&upgrade, error);

	if (!result)
		return false;
	if (!json_object_get_boolean_member_with_default(result, "connections_survive", true))
		fprintf(stderr, "netns-ctl: link tap: established connections have ended\n");
	return true;
}
