/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-cni - connects the containers of a CNI runtime, without bridge, iptables or IPAM */

/*
 * How it works
 *
 * A runtime (containerd, podman, libcni's cnitool) calls it with a verb and a network namespace in
 * the environment and a network's configuration on standard input. ADD leaves a helper behind that
 * makes the link in the namespace and keeps a forwarder, as netns-run does; the registry
 * (plugins/registry.h) knows it by container and interface, so DEL, CHECK and GC find it, and
 * netns-ctl. It ends by itself with the namespace.
 *
 * Trust: it believes its caller, who has to be root of the namespace. What is inside may be
 * hostile.
 */

#include <errno.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/cni/error.h"
#include "plugins/cni/attachment.h"
#include "plugins/cni/verbs.h"
#include "src/descriptor_limit.h"
#include "src/failure.h"
#include "src/standard_streams.h"
#include "version.h"

#define PROGRAM "netns-cni"

static bool read_input(GString *text, GError **error)
{
	char buffer[16 * 1024];
	ssize_t size;

	while ((size = read(STDIN_FILENO, buffer, sizeof(buffer))) != 0) {
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0) {
			failure_errno(error, "read the configuration from standard input");
			return cni_error_classify(error, CNI_IO);
		}
		g_string_append_len(text, buffer, size);
		if (text->len > CNI_CONFIG_SIZE_MAX)
			return cni_error_set(error, CNI_BAD_CONFIG, NULL,
					     "the configuration is longer than %d bytes",
					     CNI_CONFIG_SIZE_MAX);
	}
	return true;
}

static bool print(JsonNode *answer, GError **error)
{
	g_autofree char *text = json_to_string(answer, false);

	if (puts(text) >= 0 && fflush(stdout) == 0)
		return true;
	failure_errno(error, "write to standard output");
	return cni_error_classify(error, CNI_IO);
}

/* A runtime that has not got the result knows of no network. */
static bool answer(const struct cni_request *request, JsonNode *node, GError **error)
{
	if (!node || print(node, error))
		return true;
	if (request->command == CNI_ADD)
		cni_attachment_delete(request, NULL);
	return false;
}

static bool serve(struct cni_config *config, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(JsonNode) node = NULL;
	struct cni_request request;

	/* The input first, and as a whole: it tells the version that errors are to have. */
	return cni_request_parse(environ, &request, error) && read_input(text, error) &&
	       cni_config_parse(text->str, text->len, &request, config, error) &&
	       cni_verbs_execute(&request, config, &node, error) && answer(&request, node, error);
}

static int run(void)
{
	g_autoptr(GError) error = NULL;
	struct cni_config config;
	int status = EXIT_SUCCESS;

	cni_config_init(&config);
	if (!serve(&config, &error)) {
		g_autoptr(JsonNode) node =
			cni_error_to_json(error, cni_version_name(config.version));
		failure_print(PROGRAM, error);
		print(node, NULL);
		status = EXIT_FAILURE;
	}
	cni_config_done(&config);
	return status;
}

static int print_usage(const char *option)
{
	if (g_str_equal(option, "--version") || g_str_equal(option, "-v"))
		return printf(PROGRAM " version " NETNS_RUN_VERSION "\n") < 0;
	if (!g_str_equal(option, "--help") && !g_str_equal(option, "-h")) {
		fprintf(stderr, PROGRAM ": there are no options but --help and --version\n");
		return EXIT_FAILURE;
	}
	return printf("Usage: CNI_COMMAND=ADD|DEL|CHECK|GC|STATUS|VERSION ... " PROGRAM
		      " <CONFIGURATION\n\n"
		      "Connects the containers of a CNI runtime, which calls it; see " PROGRAM
		      "(1).\n") < 0;
}

int main(int argc, char **argv)
{
	standard_streams_ensure();
	/* Who is gone before the answer is one who has not got it. */
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1)
		return print_usage(argv[1]);
	/* Each published port's sockets are kept by the helper, too. */
	descriptor_limit_raise(NULL);
	return run();
}
