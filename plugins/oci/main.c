/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-oci-hook - a hook for OCI runtimes (runc, crun) that gives a container a network */

/*
 * How it works
 *
 * The runtime calls it twice, with the container's state on standard input. As createRuntime the
 * namespaces are there and nothing runs in them: a helper is left behind (plugins/background.h)
 * that makes the link, serves it (plugins/session.h) and ends with the container's first process.
 * The hook returns when the network is ready. As poststop it waits until the helper has gone, with
 * all that it had.
 *
 * In rootless runc and crun hooks run on the host as the user who called the runtime; podman's run
 * as root of its user namespace, with the host's network and files. Both is good enough: the
 * helper's sockets are the host's, and only its builder enters the container's namespaces. Rootless
 * crun hides these; then it has to call us as createContainer as well (plugins/oci/join.h).
 *
 * Trust: it believes the runtime and the hook's arguments. Annotations are those of the bundle's
 * config.json, and have the same power. Engines may take some over from images: see
 * netns-oci-hook(1) on that. The namespaces may be a hostile container's.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugins/oci/container.h"
#include "plugins/oci/join.h"
#include "plugins/oci/options.h"
#include "plugins/oci/state.h"
#include "src/failure.h"
#include "src/standard_streams.h"
#include "version.h"

#define PROGRAM "netns-oci-hook"

static char *read_input(gsize *ret_size, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char buffer[16 * 1024];

	for (;;) {
		ssize_t size = read(STDIN_FILENO, buffer, sizeof(buffer));
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0) {
			failure_errno(error, "read the container's state");
			return NULL;
		}
		if (size == 0)
			break;
		g_string_append_len(text, buffer, size);
		if (text->len > OCI_STATE_MAX) {
			failure_set(error, E2BIG, NULL, "the container's state is too long");
			return NULL;
		}
	}
	*ret_size = text->len;
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool create(const struct oci_state *state, struct oci_options *options, GError **error)
{
	return oci_options_take_annotations(options, state->annotations, error) &&
	       oci_options_check(options, error) && container_start(state, options, error);
}

/* Where the container has no PID namespace of its own, runc tells the PID of the caller then. */
static bool is_called_inside(const struct oci_state *state)
{
	return state->stage == OCI_JOIN || (state->stage == OCI_CREATE && state->pid == getppid());
}

static bool take_stage(const struct oci_state *state, struct oci_options *options, GError **error)
{
	if (is_called_inside(state))
		return join_network(state, error);
	if (state->stage == OCI_STOP)
		return container_end(state, error);
	return create(state, options, error);
}

static bool run(struct oci_options *options, GError **error)
{
	gsize size;
	g_autofree char *text = read_input(&size, error);
	struct oci_state state;

	if (!text || !oci_state_parse(text, size, &state, error))
		return false;
	bool ok = take_stage(&state, options, error);
	oci_state_done(&state);
	return ok;
}

int main(int argc G_GNUC_UNUSED, char **argv)
{
	struct oci_options options;
	g_autoptr(GError) error = NULL;
	int status = EXIT_SUCCESS;

	standard_streams_ensure();
	oci_options_init(&options);
	bool parsed = oci_options_take_arguments(&options, argv, &error);
	if (parsed && options.help) {
		g_autofree char *help = oci_options_help();
		g_print("%s", help);
	} else if (parsed && options.version) {
		g_print(PROGRAM " version %s\n", NETNS_RUN_VERSION);
	} else if (!parsed || !run(&options, &error)) {
		failure_print(PROGRAM, error);
		status = EXIT_FAILURE;
	}
	oci_options_done(&options);
	return status;
}
