/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_fixture - runs parts of a test in a child, which the sandbox may kill */
#include "tests/unit/sandbox_fixture.h"

#include <sys/wait.h>

#include "forwarder/sandbox.h"
#include "src/fdpass.h"
#include "src/forbidden_call.h"
#include "src/handoff_message.h"

static char *take_last_words(int socket)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	g_autoptr(JsonNode) root = handoff_message_receive(socket, fds, &n_fds, NULL);

	return root ? forbidden_call_explain(json_node_get_object(root)) : NULL;
}

struct sandbox_outcome sandbox_fixture_run(void (*function)(const void *data), const void *data)
{
	struct sandbox_outcome outcome = {0};
	int pair[2];

	g_assert_true(fdpass_socketpair(pair, NULL));
	pid_t pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		dup2(pair[1], STDIN_FILENO);
		close(pair[0]);
		close(pair[1]);
		function(data);
		_exit(0);
	}
	close(pair[1]);
	g_assert_cmpint(waitpid(pid, &outcome.status, 0), ==, pid);
	outcome.forbidden = take_last_words(pair[0]);
	close(pair[0]);
	return outcome;
}

void sandbox_fixture_assert_holds(void (*function)(const void *data), const void *data)
{
	struct sandbox_outcome outcome = sandbox_fixture_run(function, data);

	g_assert_cmpstr(outcome.forbidden, ==, NULL);
	g_assert_cmphex((unsigned)outcome.status, ==, 0);
}

void sandbox_fixture_enter(int state_fd)
{
	struct sandbox_layers layers;
	g_autoptr(GError) error = NULL;

	if (!sandbox_enter(&layers, SANDBOX_REQUIRE, state_fd, &error))
		g_printerr("# %s\n", error->message);
	SANDBOX_CHECK(!error);
}

/* Whether this system has all of it; else the test is skipped. */
static void try_all(const void *data G_GNUC_UNUSED)
{
	sandbox_fixture_enter(-1);
}

bool sandbox_fixture_is_possible(void)
{
	struct sandbox_outcome outcome = sandbox_fixture_run(try_all, NULL);

	if (outcome.status == 0)
		return true;
	if (g_getenv("NETNS_TESTS_STRICT"))
		g_test_fail();
	else
		g_test_skip("this system does not allow all layers");
	return false;
}
