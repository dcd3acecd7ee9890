/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_control_ports - ports in batches, and with descriptors, over the control socket */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "tests/unit/control_fixture.h"

#define VERB(name, arguments) "{\"execute\":\"" name "\",\"arguments\":{" arguments "}}"

/* The ids of the rules in a list. */
static void append_ids(GString *text, JsonArray *array)
{
	for (guint i = 0; i < json_array_get_length(array); i++) {
		JsonNode *node = json_array_get_element(array, i);
		gint64 id = JSON_NODE_HOLDS_OBJECT(node)
				    ? json_object_get_int_member(json_node_get_object(node), "id")
				    : json_node_get_int(node);
		g_string_append_printf(text, "%s%d", i ? " " : "", (int)id);
	}
}

/* Executes a request. The ids that were returned must be these, or the error of this code. */
static void assert_reply(struct control_fixture *fixture, const char *request, const char *expected)
{
	g_autofree char *reply = control_fixture_execute(fixture, request);
	g_autoptr(JsonNode) root = json_from_string(reply, NULL);
	g_autoptr(GString) found = g_string_new(NULL);
	JsonObject *object = json_node_get_object(root);
	JsonObject *result = json_object_get_object_member(object, "return");
	JsonObject *error = json_object_get_object_member(object, "error");

	g_test_message("%s: %s", request, reply);
	if (error)
		g_string_append(found,
				json_object_get_string_member_with_default(error, "code", "?"));
	else if (json_object_has_member(result, "entries"))
		append_ids(found, json_object_get_array_member(result, "entries"));
	else
		append_ids(found, json_object_get_array_member(result, "ids"));
	g_assert_cmpstr(found->str, ==, expected);
}

static void test_batches(void)
{
	struct control_fixture fixture;

	control_fixture_init(&fixture);
	assert_reply(&fixture,
		     VERB("publish", "\"rules\":[\"[::1]:8080:80\",\"8081-8082:81-82/udp\"]"),
		     "1 2");
	assert_reply(&fixture, VERB("publish", "\"rules\":[\"8083:80\",\"8081:80/udp\"]"),
		     "EADDRINUSE");
	assert_reply(&fixture, VERB("publish", "\"rules\":[\"[::1]:8080:80\",\"8083:80\"]"), "1 3");
	assert_reply(&fixture, VERB("publish", "\"rules\":[]"), "EINVAL");
	assert_reply(&fixture, VERB("publish", "\"rules\":[\"8085:80\",7]"), "?");
	assert_reply(&fixture, VERB("unpublish", "\"rules\":[\"8083\"],\"ids\":[9]"), "ENOENT");
	assert_reply(&fixture, VERB("unpublish", "\"ids\":[\"x\"]"), "ENOENT");
	assert_reply(&fixture, VERB("unpublish", "\"ids\":[9],\"ignore_missing\":true"), "");
	assert_reply(&fixture, VERB("unpublish", "\"rules\":[\"8083\"],\"ids\":[2]"), "3 2");
	assert_reply(&fixture, VERB("replace", "\"rules\":[\"8084:80\",\"[::1]:8080:80\"]"), "4 1");
	assert_reply(&fixture, VERB("replace", ""), "EINVAL");
	g_assert_cmpuint(port_table_rules(fixture.ports)->len, ==, 2);
	assert_reply(&fixture, VERB("replace", "\"rules\":[]"), "");
	g_assert_cmpuint(port_table_rules(fixture.ports)->len, ==, 0);
	control_fixture_done(&fixture);
}

/* More brackets in strings than objects and arrays may be in a request. */
static void test_many_brackets(void)
{
	struct control_fixture fixture;
	g_autoptr(GString) request =
		g_string_new("{\"execute\":\"publish\",\"arguments\":{\"rules\":[");

	control_fixture_init(&fixture);
	for (unsigned i = 0; i < 500; i++)
		g_string_append_printf(request, "%s\"[::1]:%u:80\"", i ? "," : "", 8000 + i);
	g_string_append(request, "]}}");
	g_autofree char *reply = control_fixture_execute(&fixture, request->str);
	g_assert_cmpuint(port_table_rules(fixture.ports)->len, ==, 500);
	control_fixture_done(&fixture);
}

/* A descriptor that comes with a request is the rule's; the others stay for their owner to close.
 */
static void test_descriptors(void)
{
	struct control_fixture fixture;
	g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
	int pair[2];

	control_fixture_init(&fixture);
	assert_reply(&fixture, VERB("publish", "\"rules\":[\"fd:3:80\"]"), "EBADF");
	g_assert_no_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	g_array_append_vals(fds, pair, 2);
	fixture.context.fds = fds;
	assert_reply(&fixture, VERB("publish", "\"rule\":\"fd:3:80\""), "EPROTONOSUPPORT");
	g_assert_cmpint(g_array_index(fds, int, 0), ==, -1);
	g_assert_cmpint(fcntl(pair[0], F_GETFD), ==, -1);
	g_assert_cmpint(g_array_index(fds, int, 1), ==, pair[1]);
	g_assert_no_errno(close(pair[1]));
	control_fixture_done(&fixture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/control-ports/batches", test_batches);
	g_test_add_func("/control-ports/many-brackets", test_many_brackets);
	g_test_add_func("/control-ports/descriptors", test_descriptors);
	return g_test_run();
}
