/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_session - any message to the launcher's socket, also as a command to be run */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "launcher/exec_request.h"
#include "launcher/session_message.h"
#include "src/failure.h"
#include "tests/fuzz/fuzz.h"

/* A request is an object, its verb a string, and its arguments are an object, whatever was sent. */
static bool check_request(const char *text, size_t size)
{
	g_autoptr(GError) error = NULL;
	struct session_request request;

	if (!session_request_parse(text, size, &request, &error)) {
		g_assert(error && error->domain == FAILURE && error->code == EINVAL);
		return false;
	}
	g_assert(request.verb && g_utf8_validate(request.verb, -1, NULL));
	g_assert(request.arguments);
	session_request_done(&request);
	return true;
}

/* A command has a program, and an environment of variables with names. */
static void check_command(const struct command *command, const struct command *base)
{
	g_assert(command->argv && command->argv[0] && !command->is_init);
	for (char *const *variable = command->environment; *variable; variable++)
		g_assert(strchr(*variable, '=') > *variable);
	g_assert(command->directory == base->directory || command->directory_required);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *const environment[] = {(char *)"PATH=/bin", (char *)"HOME=/root", NULL};
	const struct command base = {
		.environment = environment, .directory = "/", .is_init = true, .user = "root"};
	g_autofree char *text = g_memdup2(data, size ? size : 1);
	g_autoptr(GError) error = NULL;
	struct exec_request request;

	bool is_request = check_request(text, size);
	if (!exec_request_parse(text, size, &base, &request, &error)) {
		g_assert(error && error->domain == FAILURE);
		return 0;
	}
	g_assert(is_request);
	check_command(&request.command, &base);
	exec_request_done(&request);
	return 0;
}
