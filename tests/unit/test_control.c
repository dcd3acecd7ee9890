/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_control - every verb of the control socket, and every error that clients compare */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "forwarder/control_reply.h"
#include "tests/unit/control_fixture.h"

#define HOSTFWD(members)      "{\"execute\":\"add_hostfwd\",\"arguments\":{" members "}}"
#define REMOVE(arguments)     "{\"execute\":\"remove_hostfwd\",\"arguments\":" arguments "}"
#define VERB(verb, arguments) "{\"execute\":\"" verb "\",\"arguments\":{" arguments "}}"
#define GOOD		      "\"proto\":\"tcp\",\"host_port\":8080,\"guest_port\":80"

/* A step of a path: "name" or "name[0]". */
static JsonNode *step_into(JsonNode *node, const char *step)
{
	g_auto(GStrv) parts = g_strsplit_set(step, "[]", 3);
	JsonObject *object = node ? json_node_get_object(node) : NULL;
	JsonNode *member = object ? json_object_get_member(object, parts[0]) : NULL;

	if (!member || !parts[1])
		return member;
	return json_array_get_element(json_node_get_array(member), (unsigned)atoi(parts[1]));
}

/* The JSON text of what a path ("$.entries[0].id") leads to in the reply, as an array of matches.
 */
static char *query(const char *reply, const char *path)
{
	g_autoptr(JsonNode) root = json_from_string(reply, NULL);
	g_auto(GStrv) steps = g_strsplit(path, ".", -1);
	JsonNode *found = root;

	g_assert_nonnull(root);
	for (char **step = steps + 1; *step; step++)
		found = step_into(found, *step);
	g_autofree char *text = found ? json_to_string(found, FALSE) : g_strdup("");
	return g_strdup_printf("[%s]", text);
}

static void assert_member(const char *reply, const char *path, const char *expected)
{
	g_autofree char *found = query(reply, path);

	g_assert_cmpstr(found, ==, expected);
}

static void assert_refused(const char *reply)
{
	g_autofree char *desc = query(reply, "$.error.desc");

	g_assert_cmpstr(desc, !=, "[]");
	assert_member(reply, "$.return", "[]");
}

/* --- errors --- */

static const struct {
	const char *request, *desc, *code;
} bad[] = {
	{"", "cannot parse JSON", "EINVAL"},
	{"{", "cannot parse JSON", "EINVAL"},
	{"}", "cannot parse JSON", "EINVAL"},
	{"hello", "cannot parse JSON", "EINVAL"},
	{"{\"execute\":", "cannot parse JSON", "EINVAL"},
	{"\xff\xfe", "cannot parse JSON", "EINVAL"},
	{"[]", "json_object() failed", "EINVAL"},
	{"[[[[{}]]]]", "json_object() failed", "EINVAL"},
	{"17", "json_object() failed", "EINVAL"},
	{"\"add_hostfwd\"", "json_object() failed", "EINVAL"},
	{"null", "json_object() failed", "EINVAL"},
	{"{}", "no execute found", "EINVAL"},
	{"{\"execute\":null}", "no execute found", "EINVAL"},
	{"{\"execute\":\"\"}", "no execute found", "EINVAL"},
	{"{\"execute\":1}", "no execute found", "EINVAL"},
	{"{\"execute\":[\"add_hostfwd\"]}", "no execute found", "EINVAL"},
	{"{\"execute\":{\"execute\":\"add_hostfwd\"}}", "no execute found", "EINVAL"},
	{"{\"execute\":\"reboot\"}", "unknown execute", "EOPNOTSUPP"},
	{"{\"execute\":\"ADD_HOSTFWD\"}", "unknown execute", "EOPNOTSUPP"},

	{"{\"execute\":\"add_hostfwd\"}", "add_hostfwd: bad arguments.proto", "EINVAL"},
	{"{\"execute\":\"add_hostfwd\",\"arguments\":[]}", "add_hostfwd: bad arguments.proto",
	 "EINVAL"},
	{"{\"execute\":\"add_hostfwd\",\"arguments\":null}", "add_hostfwd: bad arguments.proto",
	 "EINVAL"},
	{HOSTFWD("\"host_port\":8080,\"guest_port\":80"), "add_hostfwd: bad arguments.proto",
	 "EINVAL"},
	{HOSTFWD(GOOD ",\"proto\":\"sctp\""), "add_hostfwd: bad arguments.proto", "EINVAL"},
	{HOSTFWD(GOOD ",\"proto\":\"\""), "add_hostfwd: bad arguments.proto", "EINVAL"},
	{HOSTFWD(GOOD ",\"proto\":null"), "add_hostfwd: bad arguments.proto", "EINVAL"},
	{HOSTFWD(GOOD ",\"proto\":6"), "add_hostfwd: bad arguments.proto", "EINVAL"},
	{HOSTFWD(GOOD ",\"proto\":[\"tcp\"]"), "add_hostfwd: bad arguments.proto", "EINVAL"},

	{HOSTFWD(GOOD ",\"host_addr\":\"localhost\""), "add_hostfwd: bad arguments.host_addr",
	 "EINVAL"},
	{HOSTFWD(GOOD ",\"host_addr\":\"1.2.3\""), "add_hostfwd: bad arguments.host_addr",
	 "EINVAL"},
	{HOSTFWD(GOOD ",\"host_addr\":0"), "add_hostfwd: bad arguments.host_addr", "EINVAL"},
	{HOSTFWD(GOOD ",\"host_addr\":{}"), "add_hostfwd: bad arguments.host_addr", "EINVAL"},

	{HOSTFWD("\"proto\":\"tcp\",\"guest_port\":80"), "add_hostfwd: bad arguments.host_port",
	 "EINVAL"},
	{HOSTFWD(GOOD ",\"host_port\":0"), "add_hostfwd: bad arguments.host_port", "EINVAL"},
	{HOSTFWD(GOOD ",\"host_port\":-1"), "add_hostfwd: bad arguments.host_port", "EINVAL"},
	{HOSTFWD(GOOD ",\"host_port\":65536"), "add_hostfwd: bad arguments.host_port", "EINVAL"},
	{HOSTFWD(GOOD ",\"host_port\":70000"), "add_hostfwd: bad arguments.host_port", "EINVAL"},
	{HOSTFWD(GOOD ",\"host_port\":4294967376"), "add_hostfwd: bad arguments.host_port",
	 "EINVAL"},
	{HOSTFWD(GOOD ",\"host_port\":\"8080\""), "add_hostfwd: bad arguments.host_port", "EINVAL"},
	{HOSTFWD(GOOD ",\"host_port\":80.5"), "add_hostfwd: bad arguments.host_port", "EINVAL"},
	{HOSTFWD(GOOD ",\"host_port\":null"), "add_hostfwd: bad arguments.host_port", "EINVAL"},
	{HOSTFWD(GOOD ",\"host_port_end\":8079"), "add_hostfwd: bad arguments.host_port_end",
	 "EINVAL"},
	{HOSTFWD(GOOD ",\"host_port_end\":65536"), "add_hostfwd: bad arguments.host_port_end",
	 "EINVAL"},

	{HOSTFWD(GOOD ",\"guest_addr\":\"x\""), "add_hostfwd: bad arguments.guest_addr", "EINVAL"},
	{HOSTFWD(GOOD ",\"guest_addr\":[]"), "add_hostfwd: bad arguments.guest_addr", "EINVAL"},

	{HOSTFWD("\"proto\":\"tcp\",\"host_port\":8080"), "add_hostfwd: bad arguments.guest_port",
	 "EINVAL"},
	{HOSTFWD(GOOD ",\"guest_port\":0"), "add_hostfwd: bad arguments.guest_port", "EINVAL"},
	{HOSTFWD(GOOD ",\"guest_port\":65536"), "add_hostfwd: bad arguments.guest_port", "EINVAL"},
	{HOSTFWD(GOOD ",\"guest_port\":70000"), "add_hostfwd: bad arguments.guest_port", "EINVAL"},
	{HOSTFWD(GOOD ",\"guest_port\":true"), "add_hostfwd: bad arguments.guest_port", "EINVAL"},

	{"{\"execute\":\"remove_hostfwd\"}", "remove_hostfwd: bad arguments.id", "EINVAL"},
	{REMOVE("{}"), "remove_hostfwd: bad arguments.id", "EINVAL"},
	{REMOVE("{\"id\":0}"), "remove_hostfwd: bad arguments.id", "EINVAL"},
	{REMOVE("{\"id\":-1}"), "remove_hostfwd: bad arguments.id", "EINVAL"},
	{REMOVE("{\"id\":\"1\"}"), "remove_hostfwd: bad arguments.id", "EINVAL"},
	{REMOVE("{\"id\":1.5}"), "remove_hostfwd: bad arguments.id", "EINVAL"},
	{REMOVE("{\"id\":{\"id\":1}}"), "remove_hostfwd: bad arguments.id", "EINVAL"},
	{REMOVE("{\"id\":4294967297}"), "remove_hostfwd: bad arguments.id", "EINVAL"},
	{REMOVE("{\"id\":1}"), "remove_hostfwd: bad arguments.id", "EINVAL"},
};

static void test_errors(void)
{
	struct control_fixture fixture;

	control_fixture_init(&fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *reply = control_fixture_execute(&fixture, bad[i].request);
		g_autofree char *expected = g_strdup_printf(
			"{\"error\":{\"desc\":\"bad request: %s\",\"code\":\"%s\"}}", bad[i].desc,
			bad[i].code);
		g_test_message("request %zu", i);
		g_assert_cmpstr(reply, ==, expected);
	}
	g_assert_cmpstr(fixture.calls->str, ==, "");
	control_fixture_done(&fixture);
}

static void test_too_large(void)
{
	g_autofree char *reply = control_reply_too_large();

	assert_member(reply, "$.error.desc", "[\"bad request: too large message\"]");
}

/* Deep enough to overflow the stack of a parser that recurses. */
static void assert_nested_is_refused(const char *opening)
{
	struct control_fixture fixture;
	g_autoptr(GString) request = g_string_new(NULL);

	control_fixture_init(&fixture);
	while (request->len < 1024 * 1024)
		g_string_append(request, opening);
	g_autofree char *reply = control_fixture_execute(&fixture, request->str);
	assert_member(reply, "$.error.desc", "[\"bad request: cannot parse JSON\"]");
	control_fixture_done(&fixture);
}

static void test_nesting(void)
{
	assert_nested_is_refused("[");
	assert_nested_is_refused("{\"a\":");
	assert_nested_is_refused("[{\"execute\":[");
}

static void test_large(void)
{
	struct control_fixture fixture;
	g_autofree char *text = g_strnfill(1024 * 1024, 'x');
	g_autofree char *request = g_strdup_printf("{\"execute\":\"%s\"}", text);
	g_autofree char *address = g_strdup_printf(HOSTFWD(GOOD ",\"host_addr\":\"%s\""), text);
	g_autofree char *rule = g_strdup_printf(VERB("publish", "\"rule\":\"%s\""), text);

	control_fixture_init(&fixture);
	g_autofree char *first = control_fixture_execute(&fixture, request);
	g_autofree char *second = control_fixture_execute(&fixture, address);
	g_autofree char *third = control_fixture_execute(&fixture, rule);
	assert_member(first, "$.error.desc", "[\"bad request: unknown execute\"]");
	assert_member(second, "$.error.desc",
		      "[\"bad request: add_hostfwd: bad arguments.host_addr\"]");
	assert_refused(third);
	control_fixture_done(&fixture);
}

/* --- slirp4netns's verbs --- */

static void test_hostfwd(void)
{
	struct control_fixture fixture;

	control_fixture_init(&fixture);
	g_autofree char *first = control_fixture_execute(&fixture, HOSTFWD(GOOD));
	g_autofree char *second = control_fixture_execute(
		&fixture, HOSTFWD("\"proto\":\"udp\",\"host_addr\":\"127.0.0.1\",\"host_port\":53,"
				  "\"guest_addr\":\"\",\"guest_port\":5353"));
	g_assert_cmpstr(first, ==, "{\"return\":{\"id\":1}}");
	g_assert_cmpstr(second, ==, "{\"return\":{\"id\":2}}");
	g_autofree char *removed = control_fixture_execute(&fixture, REMOVE("{\"id\":1}"));
	g_assert_cmpstr(removed, ==, "{\"return\":{}}");
	g_autofree char *again = control_fixture_execute(&fixture, REMOVE("{\"id\":1}"));
	assert_member(again, "$.error.code", "[\"EINVAL\"]");
	g_assert_cmpstr(fixture.calls->str, ==,
			"publish tcp 0.0.0.0 8080\n"
			"publish udp 127.0.0.1 53\n"
			"unpublish tcp 0.0.0.0 8080\n");
	control_fixture_done(&fixture);
}

static void test_hostfwd_v6_and_ranges(void)
{
	struct control_fixture fixture;

	control_fixture_init(&fixture);
	g_autofree char *v6 =
		control_fixture_execute(&fixture, HOSTFWD(GOOD ",\"guest_addr\":\"fd00::100\""));
	g_autofree char *range = control_fixture_execute(
		&fixture, HOSTFWD(GOOD ",\"host_addr\":\"127.0.0.1\",\"host_port_end\":8082"));
	g_assert_cmpstr(v6, ==, "{\"return\":{\"id\":1}}");
	g_assert_cmpstr(range, ==, "{\"return\":{\"id\":2}}");
	g_assert_cmpstr(fixture.calls->str, ==,
			"publish tcp :: 8080\n"
			"publish tcp 127.0.0.1 8080\n"
			"publish tcp 127.0.0.1 8081\n"
			"publish tcp 127.0.0.1 8082\n");
	control_fixture_done(&fixture);
}

static void test_hostfwd_fails(void)
{
	struct control_fixture fixture;

	control_fixture_init(&fixture);
	fixture.publish_errnum = EADDRNOTAVAIL;
	g_autofree char *reply = control_fixture_execute(&fixture, HOSTFWD(GOOD));
	assert_member(reply, "$.error.desc",
		      "[\"bad request: add_hostfwd: slirp_add_hostfwd failed\"]");
	assert_member(reply, "$.error.code", "[\"EADDRNOTAVAIL\"]");
	g_autofree char *cure = query(reply, "$.error.cure");
	g_assert_nonnull(strstr(cure, "8080"));
	g_assert_cmpuint(port_table_rules(fixture.ports)->len, ==, 0);
	control_fixture_done(&fixture);
}

/* Both shapes: the documented one below "return" and the one that slirp4netns really sends. */
static void test_list(void)
{
	struct control_fixture fixture;

	control_fixture_init(&fixture);
	g_autofree char *empty =
		control_fixture_execute(&fixture, "{\"execute\":\"list_hostfwd\"}");
	assert_member(empty, "$.return.entries", "[[]]");
	assert_member(empty, "$.entries", "[[]]");
	g_free(control_fixture_execute(&fixture, HOSTFWD(GOOD)));
	g_autofree char *reply =
		control_fixture_execute(&fixture, "{\"execute\":\"list_hostfwd\"}");
	g_autofree char *below = query(reply, "$.return.entries");
	assert_member(reply, "$.entries", below);
	assert_member(reply, "$.entries[0].id", "[1]");
	assert_member(reply, "$.entries[0].proto", "[\"tcp\"]");
	assert_member(reply, "$.entries[0].host_addr", "[\"0.0.0.0\"]");
	assert_member(reply, "$.entries[0].host_port", "[8080]");
	assert_member(reply, "$.entries[0].guest_port", "[80]");
	assert_member(reply, "$.entries[0].rule", "[\"0.0.0.0:8080:80/tcp\"]");
	control_fixture_done(&fixture);
}

/* --- our own verbs --- */

static void test_publish(void)
{
	struct control_fixture fixture;

	control_fixture_init(&fixture);
	g_autofree char *reply = control_fixture_execute(
		&fixture, VERB("publish", "\"rule\":\"127.0.0.1:8080:80\""));
	g_assert_cmpstr(reply, ==, "{\"return\":{\"id\":1,\"rule\":\"127.0.0.1:8080:80/tcp\"}}");
	g_autofree char *unset = control_fixture_execute(&fixture, VERB("publish", ""));
	g_autofree char *number = control_fixture_execute(&fixture, VERB("publish", "\"rule\":7"));
	g_autofree char *object = control_fixture_execute(&fixture, VERB("publish", "\"rule\":{}"));
	assert_refused(unset);
	assert_refused(number);
	assert_refused(object);
	control_fixture_done(&fixture);
}

static void assert_unpublish(struct control_fixture *fixture, const char *arguments,
			     const char *path, const char *expected)
{
	g_autofree char *request =
		g_strdup_printf("{\"execute\":\"unpublish\",\"arguments\":%s}", arguments);
	g_autofree char *reply = control_fixture_execute(fixture, request);

	assert_member(reply, path, expected);
}

static void test_unpublish(void)
{
	struct control_fixture fixture;

	control_fixture_init(&fixture);
	for (int i = 0; i < 4; i++) {
		g_autofree char *request =
			g_strdup_printf(VERB("publish", "\"rule\":\"127.0.0.1:%d:80\""), 8080 + i);
		g_free(control_fixture_execute(&fixture, request));
	}
	assert_unpublish(&fixture, "{\"id\":2}", "$.return.id", "[2]");
	assert_unpublish(&fixture, "{\"id\":2}", "$.error.code", "[\"ENOENT\"]");
	assert_unpublish(&fixture, "{\"rule\":\"8080\"}", "$.return.id", "[1]");
	assert_unpublish(&fixture, "{\"rule\":\"127.0.0.1:8082:80\"}", "$.return.id", "[3]");
	assert_unpublish(&fixture, "{\"rule\":\"8083/udp\"}", "$.error.code", "[\"ENOENT\"]");
	assert_unpublish(&fixture, "{\"rule\":\"8083:81\"}", "$.error.code", "[\"ENOENT\"]");
	assert_unpublish(&fixture, "{\"rule\":\"x\"}", "$.return", "[]");
	assert_unpublish(&fixture, "{\"rule\":null}", "$.return", "[]");
	assert_unpublish(&fixture, "{}", "$.error.code", "[\"EINVAL\"]");
	assert_unpublish(&fixture, "{\"id\":4294967300}", "$.error.code", "[\"ENOENT\"]");
	assert_unpublish(&fixture, "{\"id\":-4294967292}", "$.error.code", "[\"ENOENT\"]");
	g_assert_cmpuint(port_table_rules(fixture.ports)->len, ==, 1);
	control_fixture_done(&fixture);
}

static void describe(JsonBuilder *builder, void *opaque)
{
	json_builder_set_member_name(builder, "extra");
	json_builder_add_int_value(builder, *(int *)opaque);
}

static void test_inspect(void)
{
	struct control_fixture fixture;
	int extra = 7;

	control_fixture_init(&fixture);
	fixture.context.describe = describe;
	fixture.context.opaque = &extra;
	g_autofree char *reply = control_fixture_execute(&fixture, VERB("inspect", ""));
	assert_member(reply, "$.return.name", "[\"web\"]");
	assert_member(reply, "$.return.link", "[\"tap\"]");
	assert_member(reply, "$.return.ifname", "[\"eth0\"]");
	assert_member(reply, "$.return.mac", "[\"02:01:02:03:04:05\"]");
	assert_member(reply, "$.return.mtu", "[1500]");
	assert_member(reply, "$.return.ipv4.cidr", "[\"10.0.2.0/24\"]");
	assert_member(reply, "$.return.ipv4.address", "[\"10.0.2.100\"]");
	assert_member(reply, "$.return.ipv6.gateway", "[\"fd00::2\"]");
	assert_member(reply, "$.return.extra", "[7]");
	control_fixture_done(&fixture);
}

static void test_inspect_without_v6(void)
{
	struct control_fixture fixture;

	control_fixture_init(&fixture);
	fixture.link.v6.enabled = false;
	g_autofree char *reply = control_fixture_execute(&fixture, "{\"execute\":\"inspect\"}");
	assert_member(reply, "$.return.ipv6", "[]");
	control_fixture_done(&fixture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/control/errors", test_errors);
	g_test_add_func("/control/too-large", test_too_large);
	g_test_add_func("/control/nesting", test_nesting);
	g_test_add_func("/control/large", test_large);
	g_test_add_func("/control/hostfwd", test_hostfwd);
	g_test_add_func("/control/hostfwd-v6-and-ranges", test_hostfwd_v6_and_ranges);
	g_test_add_func("/control/hostfwd-fails", test_hostfwd_fails);
	g_test_add_func("/control/list", test_list);
	g_test_add_func("/control/publish", test_publish);
	g_test_add_func("/control/unpublish", test_unpublish);
	g_test_add_func("/control/inspect", test_inspect);
	g_test_add_func("/control/inspect-without-v6", test_inspect_without_v6);
	return g_test_run();
}
