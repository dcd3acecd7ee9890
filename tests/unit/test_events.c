/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_events - the log of events and those who read it: in time, late, or not at all */
#include "launcher/events.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/port_rule.h"

/* One packet, or one read of a pipe, as an object. NULL when there is nothing. */
static JsonObject *take(int fd)
{
	char text[EVENT_LINE_MAX + 1];
	ssize_t size = read(fd, text, sizeof(text) - 1);

	if (size <= 0)
		return NULL;
	text[size] = '\0';
	g_autoptr(JsonNode) root = json_from_string(text, NULL);
	g_assert_true(root && JSON_NODE_HOLDS_OBJECT(root));
	return json_node_dup_object(root);
}

static void assert_event(int fd, const char *kind)
{
	g_autoptr(JsonObject) event = take(fd);

	g_assert_nonnull(event);
	g_assert_cmpstr(json_object_get_string_member(event, "event"), ==, kind);
	g_assert_cmpstr(json_object_get_string_member(event, "container"), ==, "web");
	g_autoptr(GDateTime) time =
		g_date_time_new_from_iso8601(json_object_get_string_member(event, "time"), NULL);
	g_assert_nonnull(time);
}

static void make_pair(int pair[2], int type)
{
	g_assert_cmpint(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), ==, 0);
}

static void emit_numbered(struct events *events, int number)
{
	JsonObject *details = json_object_new();

	json_object_set_int_member(details, "status", number);
	events_emit(events, EVENT_ENDED, details);
}

static void test_late_reader(void)
{
	struct events *events = events_new("web");
	int pair[2];

	make_pair(pair, SOCK_SEQPACKET);
	events_emit(events, EVENT_STARTED, NULL);
	events_emit(events, EVENT_RESOLVER_CHANGED, NULL);
	events_emit(events, EVENT_FORWARDER_RESTARTED, NULL);
	events_add_reader(events, pair[0], 2);
	assert_event(pair[1], "resolver-changed");
	assert_event(pair[1], "forwarder-restarted");
	g_assert_null(take(pair[1]));
	emit_numbered(events, 3);
	assert_event(pair[1], "ended");
	events_free(events);
	close(pair[0]);
	close(pair[1]);
}

static void test_last_is_more_than_all(void)
{
	struct events *events = events_new("web");
	int pair[2];

	make_pair(pair, SOCK_SEQPACKET);
	events_emit(events, EVENT_STARTED, NULL);
	events_add_reader(events, pair[0], G_MAXUINT64);
	assert_event(pair[1], "started");
	g_assert_null(take(pair[1]));
	events_free(events);
	close(pair[0]);
	close(pair[1]);
}

/* Everything that was emitted is read or counted, in order. */
static void test_slow_reader(void)
{
	enum { N = 3 * EVENT_LOG_SIZE };
	struct events *events = events_new("web");
	gint64 next = 0, lost = 0;
	int pair[2];

	make_pair(pair, SOCK_SEQPACKET);
	events_add_reader(events, pair[0], 0);
	for (int i = 0; i < N; i++)
		emit_numbered(events, i);
	for (JsonObject *event; next < N; json_object_unref(event)) {
		while (!(event = take(pair[1])))
			g_main_context_iteration(NULL, FALSE);
		if (g_str_equal(json_object_get_string_member(event, "event"), "lost")) {
			lost += json_object_get_int_member(event, "count");
			next += json_object_get_int_member(event, "count");
		} else {
			g_assert_cmpint(json_object_get_int_member(event, "status"), ==, next);
			next++;
		}
	}
	g_assert_cmpint(lost, >, EVENT_LOG_SIZE);
	g_assert_cmpint(lost, <, N - EVENT_LOG_SIZE);
	events_free(events);
	close(pair[0]);
	close(pair[1]);
}

/* Lines are whole, whatever the stream took at once; nothing waits. */
static void test_full_stream(int reader, int writer)
{
	struct events *events = events_new("web");
	g_autoptr(GString) text = g_string_new(NULL);
	char buffer[1000];
	int number = 0;

	events_add_reader(events, writer, 0);
	for (int i = 0; i < EVENT_LOG_SIZE; i++)
		emit_numbered(events, i);
	while (number < EVENT_LOG_SIZE) {
		g_main_context_iteration(NULL, FALSE);
		ssize_t size = read(reader, buffer, sizeof(buffer));
		g_string_append_len(text, buffer, MAX(size, 0));
		for (char *end; (end = strchr(text->str, '\n'));) {
			g_autofree char *wanted = g_strdup_printf("\"status\":%d}", number++);
			*end = '\0';
			g_assert_true(g_str_has_suffix(text->str, wanted));
			g_string_erase(text, 0, end + 1 - text->str);
		}
	}
	events_free(events);
}

static void test_full_pipe(void)
{
	int pair[2];

	g_assert_cmpint(pipe2(pair, O_CLOEXEC), ==, 0);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	test_full_stream(pair[0], pair[1]);
	/* Others who have it find it as it was. */
	g_assert_false(fcntl(pair[1], F_GETFL) & O_NONBLOCK);
	close(pair[0]);
	close(pair[1]);
}

static void test_full_socket(void)
{
	int pair[2];

	make_pair(pair, SOCK_STREAM);
	test_full_stream(pair[0], pair[1]);
	close(pair[0]);
	close(pair[1]);
}

static void test_reader_gone(void)
{
	struct events *events = events_new("web");
	int pair[2];

	g_assert_cmpint(pipe2(pair, O_CLOEXEC), ==, 0);
	events_add_reader(events, pair[1], 0);
	close(pair[0]);
	for (int i = 0; i < 10; i++)
		emit_numbered(events, i);
	events_free(events);
	close(pair[1]);
}

static void test_too_long(void)
{
	struct events *events = events_new("web");
	JsonObject *details = json_object_new();
	g_autofree char *text = g_strnfill(EVENT_LINE_MAX, 'x');
	int pair[2];

	make_pair(pair, SOCK_SEQPACKET);
	json_object_set_string_member(details, "reason", text);
	events_add_reader(events, pair[0], 0);
	events_emit(events, EVENT_FLOW_DENIED, details);
	assert_event(pair[1], "flow-denied");
	events_free(events);
	close(pair[0]);
	close(pair[1]);
}

static JsonObject *notice(const char *text)
{
	g_autoptr(JsonNode) root = json_from_string(text, NULL);

	return json_node_dup_object(root);
}

static void test_notices(void)
{
	static const char *const texts[] = {
		"{\"notice\":\"event\",\"event\":\"flow-denied\",\"reason\":\"policy\",\"lost\":7}",
		"{\"notice\":\"event\",\"event\":\"of-the-future\"}",
		"{\"notice\":\"event\",\"event\":[]}",
		"{\"notice\":\"event\"}",
	};
	struct events *events = events_new("web");
	int pair[2];

	make_pair(pair, SOCK_SEQPACKET);
	events_add_reader(events, pair[0], 0);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(JsonObject) object = notice(texts[i]);
		events_take_notice(events, object);
	}
	g_autoptr(JsonObject) lost = take(pair[1]);
	g_assert_cmpstr(json_object_get_string_member(lost, "event"), ==, "lost");
	g_assert_cmpint(json_object_get_int_member(lost, "count"), ==, 7);
	g_autoptr(JsonObject) denied = take(pair[1]);
	g_assert_cmpstr(json_object_get_string_member(denied, "event"), ==, "flow-denied");
	g_assert_cmpstr(json_object_get_string_member(denied, "reason"), ==, "policy");
	g_assert_false(json_object_has_member(denied, "lost"));
	g_assert_false(json_object_has_member(denied, "notice"));
	g_assert_null(take(pair[1]));
	events_free(events);
	close(pair[0]);
	close(pair[1]);
}

static GArray *rules(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	GArray *array = g_array_new(FALSE, TRUE, sizeof(struct port_rule));

	for (unsigned i = 0; words[i]; i++) {
		struct port_rule rule;
		g_assert_true(port_rule_parse(words[i], &rule, NULL));
		rule.id = rule.host_first % 100;
		g_array_append_val(array, rule);
	}
	return array;
}

static void assert_port(int fd, const char *kind, const char *rule)
{
	g_autoptr(JsonObject) event = take(fd);

	g_assert_nonnull(event);
	g_assert_cmpstr(json_object_get_string_member(event, "event"), ==, kind);
	g_assert_cmpstr(json_object_get_string_member(event, "rule"), ==, rule);
}

static void test_ports(void)
{
	struct events *events = events_new("web");
	g_autoptr(GArray) before = rules("8001:80 8002:80");
	g_autoptr(GArray) after = rules("8002:80 9001:80 8003:80/udp");
	int pair[2];

	make_pair(pair, SOCK_SEQPACKET);
	events_add_reader(events, pair[0], 0);
	events_compare_ports(events, before, before);
	g_assert_null(take(pair[1]));
	events_compare_ports(events, before, after);
	assert_port(pair[1], "port-removed", "8001:80/tcp");
	assert_port(pair[1], "port-added", "9001:80/tcp");
	assert_port(pair[1], "port-added", "8003:80/udp");
	g_assert_null(take(pair[1]));
	events_compare_ports(events, NULL, before);
	assert_port(pair[1], "port-added", "8001:80/tcp");
	events_free(events);
	close(pair[0]);
	close(pair[1]);
}

static void test_remove_reader(void)
{
	struct events *events = events_new("web");
	int pair[2];

	make_pair(pair, SOCK_SEQPACKET);
	struct event_reader *reader = events_add_reader(events, pair[0], 0);
	/* Until it waits for room. */
	for (int i = 0; i < EVENT_LOG_SIZE; i++)
		emit_numbered(events, i);
	events_remove_reader(events, reader);
	events_remove_reader(events, NULL);
	for (JsonObject *event; (event = take(pair[1]));)
		json_object_unref(event);
	g_main_context_iteration(NULL, FALSE);
	g_assert_null(take(pair[1]));
	events_free(events);
	close(pair[0]);
	close(pair[1]);
}

static void test_kinds(void)
{
	g_autoptr(GError) error = NULL;
	enum event_kind kind;

	for (int i = 0; i < EVENT_N_KINDS; i++) {
		g_assert_true(event_kind_parse(event_kind_name((enum event_kind)i), &kind, NULL));
		g_assert_cmpint(kind, ==, i);
	}
	g_assert_false(event_kind_parse("start", &kind, &error));
	g_assert_nonnull(strstr(failure_cure(error), "started, ended, port-added"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	signal(SIGPIPE, SIG_IGN);
	g_test_add_func("/events/kinds", test_kinds);
	g_test_add_func("/events/late_reader", test_late_reader);
	g_test_add_func("/events/last_is_more_than_all", test_last_is_more_than_all);
	g_test_add_func("/events/slow_reader", test_slow_reader);
	g_test_add_func("/events/full_pipe", test_full_pipe);
	g_test_add_func("/events/full_socket", test_full_socket);
	g_test_add_func("/events/reader_gone", test_reader_gone);
	g_test_add_func("/events/remove_reader", test_remove_reader);
	g_test_add_func("/events/too_long", test_too_long);
	g_test_add_func("/events/notices", test_notices);
	g_test_add_func("/events/ports", test_ports);
	return g_test_run();
}
