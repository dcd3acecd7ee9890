/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-netavark - connects podman's containers as a driver of netavark */

/*
 * How it works
 *
 * netavark calls it with a verb as the first argument, the path of a network namespace as the
 * second, and JSON on standard input. setup leaves a helper behind that makes the link and keeps a
 * forwarder; teardown ends it, as does the end of the namespace. The registry (plugins/registry.h)
 * knows it by container and interface.
 *
 * Trust: it believes its caller, who has to be root of the namespace. What is inside may be
 * hostile.
 */

#include <errno.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugins/netavark/network.h"
#include "plugins/service.h"
#include "plugins/settings_link.h"
#include "src/descriptor_limit.h"
#include "src/failure.h"
#include "src/json_add.h"
#include "src/standard_streams.h"
#include "version.h"

#define PROGRAM	    "netns-netavark"
#define API_VERSION "1.0.0"

/* What a verb works on; answer is what goes to standard output, or NULL. */
struct call {
	const char *path;
	GString *input;
	JsonNode *answer;
};

static struct registry_key key_of(const struct netavark_request *request)
{
	return (struct registry_key){
		.owner = "netavark", .id = request->container_id, .ifname = request->ifname};
}

static bool create(struct call *call, GError **error)
{
	call->answer = netavark_network_create(call->input->str, call->input->len, error);
	return call->answer != NULL;
}

static bool start(struct call *call, const struct netavark_request *request, GError **error)
{
	g_autoptr(JsonObject) description = service_describe_network(request->network);
	struct service service = {
		.program = PROGRAM,
		.key = key_of(request),
		.description = description,
		.path = call->path,
		.settings = &request->settings,
		.keeps_routes = true,
	};
	struct link_config link;

	if (!settings_link_plan(&request->settings, &service.link, error) ||
	    !service_open(call->path, &service.target, error))
		return false;
	bool started = service_start(&service, &link, error);
	netns_done(&service.target);
	if (started)
		call->answer = netavark_request_answer(request, &link);
	return started;
}

static bool set_up(struct call *call, GError **error)
{
	struct netavark_request request;

	netavark_request_init(&request);
	bool done = netavark_request_parse(call->input->str, call->input->len, false, &request,
					   error) &&
		    start(call, &request, error);
	netavark_request_done(&request);
	return done;
}

static bool tear_down(struct call *call, GError **error)
{
	struct netavark_request request;

	netavark_request_init(&request);
	bool done =
		netavark_request_parse(call->input->str, call->input->len, true, &request, error);
	if (done) {
		const struct registry_key key = key_of(&request);
		done = registry_end(&key, error);
	}
	netavark_request_done(&request);
	return done;
}

static bool info(struct call *call, GError **error G_GNUC_UNUSED)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	json_add_string(builder, "version", NETNS_RUN_VERSION);
	json_add_string(builder, "api_version", API_VERSION);
	json_builder_end_object(builder);
	call->answer = json_builder_get_root(builder);
	return true;
}

static const struct verb {
	const char *name;
	int n_arguments;
	bool has_input;
	bool (*execute)(struct call *call, GError **error);
} verbs[] = {
	{"create", 0, true, create},
	{"setup", 1, true, set_up},
	{"teardown", 1, true, tear_down},
	{"info", 0, false, info},
};

static const struct verb *find_verb(int argc, char **argv, GError **error)
{
	const char *name = argc > 1 ? argv[1] : "info";
	int n_arguments = MAX(argc - 2, 0);

	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
		if (!g_str_equal(verbs[i].name, name))
			continue;
		if (n_arguments == verbs[i].n_arguments)
			return &verbs[i];
		failure_set(error, EINVAL, NULL, "%s takes %d argument(s)", name,
			    verbs[i].n_arguments);
		return NULL;
	}
	failure_set(error, EINVAL, "netavark calls it, see netns-netavark(1)",
		    "there is no command '%s'", name);
	return NULL;
}

static bool read_input(GString *text, GError **error)
{
	char buffer[16 * 1024];
	ssize_t size;

	while ((size = read(STDIN_FILENO, buffer, sizeof(buffer))) != 0) {
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return failure_errno(error, "read standard input");
		g_string_append_len(text, buffer, size);
		if (text->len > NETAVARK_INPUT_MAX) {
			failure_set(error, E2BIG, NULL, "the input is longer than %d bytes",
				    NETAVARK_INPUT_MAX);
			return false;
		}
	}
	return true;
}

static bool print(JsonNode *answer, GError **error)
{
	g_autofree char *text = json_to_string(answer, false);

	return (puts(text) >= 0 && fflush(stdout) == 0) ||
	       failure_errno(error, "write to standard output");
}

/* netavark prints what the member error has, and nothing else. */
static void print_failure(const GError *failure)
{
	g_autofree char *cause = failure_cause(failure);
	const char *cure = failure_cure(failure);
	g_autofree char *text = cure ? g_strdup_printf("%s (%s)", cause, cure) : g_strdup(cause);
	g_autoptr(JsonNode) answer = json_object_new();

	json_object_set_string_member(answer, "error", text);
	print(answer, NULL);
}

static bool serve(int argc, char **argv, GError **error)
{
	g_autoptr(GString) input = g_string_new(NULL);
	const struct verb *verb = find_verb(argc, argv, error);
	struct call call = {.path = argc > 2 ? argv[2] : NULL, .input = input};

	if (!verb || (verb->has_input && !read_input(input, error)) || !verb->execute(&call, error))
		return false;
	bool printed = !call.answer || print(call.answer, error);
	json_node_unref(call.answer);
	/* A caller that has not got the answer knows of no network. */
	if (!printed && verb->execute == set_up)
		tear_down(&call, NULL);
	return printed;
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;

	standard_streams_ensure();
	/* Who is gone before the answer is one who has not got it. */
	signal(SIGPIPE, SIG_IGN);
	/* Each published port's sockets are kept by the helper, too. */
	descriptor_limit_raise(NULL);
	if (serve(argc, argv, &error))
		return EXIT_SUCCESS;
	print_failure(error);
	return EXIT_FAILURE;
}
