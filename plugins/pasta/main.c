/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-pasta - does what podman and others call pasta(1) for, with the links of netns-run */

/*
 * How it works
 *
 * It stands between a runtime that believes to have called passt's pasta and netns-forwarder. The
 * namespace gets a network that looks like the host's (struct link_network, is_shared), and who
 * called is let go when it is ready: a helper stays behind (plugins/background.h), which serves the
 * network (plugins/session.h) until the namespace's end. netns-ctl knows it by the namespace's name
 * (plugins/registry.h).
 *
 * With a COMMAND it makes the namespaces itself (spawn.h), and leaves with the command's status.
 *
 * Trust: it believes its caller. The namespaces may be a hostile container's.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugins/background.h"
#include "plugins/pasta/options.h"
#include "plugins/pasta/serve.h"
#include "plugins/pasta/spawn.h"
#include "plugins/pasta/usage.h"
#include "src/failure.h"
#include "src/json.h"
#include "src/standard_streams.h"

#define PROGRAM "pasta"

/* The helper: never returns to the caller. */
static G_NORETURN void go_on(struct pasta_options *options, struct background *background)
{
	g_autoptr(GError) error = NULL;
	bool ok = pasta_serve(options, background, &error);

	if (!ok && background->socket >= 0)
		background_failed(background, error);
	else if (!ok)
		failure_print(PROGRAM, error);
	_exit(ok ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* True when the network is ready, and a helper serves it. */
static bool serve_behind(struct pasta_options *options, GError **error)
{
	struct background background;
	g_autoptr(JsonObject) report = NULL;

	switch (background_fork(&background, NULL, 0, error)) {
	case BACKGROUND_HELPER:
		go_on(options, &background);
	case BACKGROUND_CALLER:
		report = background_await(&background, error);
		return report;
	default:
		return false;
	}
}

static bool run_command(struct pasta_options *options, int *ret_status, GError **error)
{
	struct spawn spawn;
	bool ok = spawn_start(&spawn, options->command, error);

	if (ok) {
		/* There is nobody else who could configure it. */
		options->configure = true;
		options->netns = g_strdup_printf("/proc/%d/ns/net", (int)spawn.pid);
		ok = serve_behind(options, error);
	}
	if (ok)
		*ret_status = spawn_run(&spawn);
	spawn_done(&spawn);
	return ok;
}

static int run(struct pasta_options *options)
{
	g_autoptr(GError) error = NULL;
	int status = EXIT_SUCCESS;
	bool ok;

	if (options->command)
		ok = run_command(options, &status, &error);
	else if (options->foreground)
		ok = pasta_serve(options, NULL, &error);
	else
		ok = serve_behind(options, &error);
	if (ok)
		return status;
	failure_print(PROGRAM, error);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct pasta_options options;

	standard_streams_ensure();
	enum pasta_parsed parsed = pasta_options_parse(&options, argc, argv);
	int status = parsed == PASTA_PARSED ? EXIT_SUCCESS : EXIT_FAILURE;
	if (parsed == PASTA_BAD_USAGE || (parsed == PASTA_PARSED && options.help))
		usage_print(parsed == PASTA_PARSED ? stdout : stderr);
	else if (parsed == PASTA_PARSED && options.version)
		usage_print_version();
	else if (parsed == PASTA_PARSED)
		status = run(&options);
	pasta_options_done(&options);
	return status;
}
