/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session - the launcher's socket: what netns-ctl asks of a running container */
#include "launcher/session.h"

#include <errno.h>
#include <signal.h>

#include <glib-unix.h>

#include "launcher/session_cgroup.h"
#include "src/failure.h"
#include "src/fdpass.h"

static JsonNode *kill_command(struct session_context *context, JsonObject *arguments,
			      GError **error)
{
	int number = session_arguments_signal(arguments, error);

	if (!number)
		return NULL;
	/* Its number may be another process's by now; kill(2) of one that waits to be reaped
	 * succeeds, too. */
	if (!context->container->child)
		return session_empty_object();
	if (kill(context->container->command, number) == 0) {
		container_wake(context->container, number);
		return session_empty_object();
	}
	failure_errno(error, "send signal %d", number);
	return NULL;
}

static JsonNode *inspect(struct session_context *context, JsonObject *arguments G_GNUC_UNUSED,
			 GError **error G_GNUC_UNUSED)
{
	JsonNode *state = json_from_string(*context->state, NULL);

	session_cgroup_inspect(context, json_node_get_object(state));
	return state;
}

static const struct {
	const char *name;
	session_verb execute;
} verbs[] = {
	{"kill", kill_command},
	{"inspect", inspect},
	{"pause", session_cgroup_pause},
	{"resume", session_cgroup_resume},
	{"update", session_cgroup_update},
	{"stats", session_cgroup_stats},
};

static session_verb find_verb(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
		if (g_str_equal(verbs[i].name, name))
			return verbs[i].execute;
	}
	return NULL;
}

static bool is_for_container(const char *verb)
{
	return g_str_equal(verb, "exec") || g_str_equal(verb, "packet-socket");
}

/* The container answers by itself: it gets the connection in front of the client's descriptors. */
static void pass_on(const struct session_context *context, const struct session_call *call)
{
	int all[FDPASS_MAX_FDS] = {call->client};
	size_t n_fds = MIN(call->n_fds, G_N_ELEMENTS(all) - 1);
	g_autoptr(GError) error = NULL;

	for (size_t i = 0; i < n_fds; i++)
		all[1 + i] = call->fds[i];
	if (session_cgroup_check_runs(context, &error) &&
	    fdpass_send(context->container->exec_socket, call->text, call->size, all, 1 + n_fds,
			&error))
		return;
	session_send_failure(call->client, error, 125);
}

static bool execute(const struct session_call *call, void *opaque)
{
	struct session_context *context = opaque;
	session_verb verb = find_verb(call->request->verb);
	g_autoptr(GError) error = NULL;

	if (is_for_container(call->request->verb)) {
		pass_on(context, call);
		return false;
	}
	JsonNode *result = verb ? verb(context, call->request->arguments, &error)
				: session_unknown_verb(call->request->verb, &error);
	session_send_result(call->client, result, error);
	return true;
}

struct session_server *session_serve(int listen_fd, struct session_context *context)
{
	const struct session_server_context server = {context->keeper, context->events, execute,
						      context};

	/* A container that does not take its commands must not stop us. */
	g_unix_set_fd_nonblocking(context->container->exec_socket, TRUE, NULL);
	return session_server_new(listen_fd, &server);
}
