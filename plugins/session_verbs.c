/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_verbs - what netns-ctl asks of who serves a network for namespaces of others */
#include "plugins/session_verbs.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "src/failure.h"

/* The exit status that a verb's failure stands for where a command would have been run. */
#define STATUS_FAILURE 125

static JsonNode *inspect(const struct session_verbs *verbs, JsonObject *arguments G_GNUC_UNUSED,
			 GError **error G_GNUC_UNUSED)
{
	return json_from_string(*verbs->state, NULL);
}

static bool is_end(int number)
{
	static const int ends[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGKILL};

	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (number == ends[i])
			return true;
	return false;
}

/* Whoever is killed answers no more. */
static JsonNode *end_network(const struct session_verbs *verbs, JsonObject *arguments,
			     GError **error)
{
	int number = session_arguments_signal(arguments, error);

	if (!number)
		return NULL;
	if (!is_end(number)) {
		failure_set(error, EOPNOTSUPP, "send it by the program that made its namespaces",
			    "'%s' is a network without a command: signals can only end it",
			    verbs->name);
		return NULL;
	}
	if (kill(getpid(), number) == 0)
		return session_empty_object();
	failure_errno(error, "send signal %d", number);
	return NULL;
}

static JsonNode *refuse_command(const struct session_verbs *verbs,
				JsonObject *arguments G_GNUC_UNUSED, GError **error)
{
	failure_set(
		error, EOPNOTSUPP,
		"use the program that made its namespaces, or nsenter(1) with one of their PIDs",
		"'%s' is a network without a command", verbs->name);
	return NULL;
}

static JsonNode *refuse_cgroup(const struct session_verbs *verbs,
			       JsonObject *arguments G_GNUC_UNUSED, GError **error)
{
	failure_set(error, EOPNOTSUPP, "use the program that made its namespaces",
		    "'%s' is a network without a cgroup", verbs->name);
	return NULL;
}

static const struct verb {
	const char *name;
	JsonNode *(*execute)(const struct session_verbs *verbs, JsonObject *arguments,
			     GError **error);
	int status; /* of a failure */
} table[] = {
	{"exec", refuse_command, STATUS_FAILURE},
	{"inspect", inspect, 0},
	{"kill", end_network, 0},
	{"packet-socket", refuse_command, STATUS_FAILURE},
	{"pause", refuse_cgroup, 0},
	{"resume", refuse_cgroup, 0},
	{"stats", refuse_cgroup, 0},
	{"update", refuse_cgroup, 0},
};

static const struct verb *find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		if (g_str_equal(table[i].name, name))
			return &table[i];
	return NULL;
}

static bool execute(const struct session_call *call, void *opaque)
{
	const struct verb *verb = find(call->request->verb);
	g_autoptr(GError) error = NULL;
	JsonNode *result = verb ? verb->execute(opaque, call->request->arguments, &error)
				: session_unknown_verb(call->request->verb, &error);

	if (result)
		session_send_return(call->client, result, -1);
	else
		session_send_failure(call->client, error, verb ? verb->status : 0);
	return true;
}

struct session_server *session_verbs_serve(int listen_fd, struct session_verbs *verbs)
{
	const struct session_server_context context = {verbs->keeper, verbs->events, execute,
						       verbs};

	return session_server_new(listen_fd, &context);
}
