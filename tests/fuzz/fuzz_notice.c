/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_notice - any notice of a forwarder, line by line: events and changes of the ports */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/events.h"
#include "src/port_set.h"
#include "tests/fuzz/fuzz.h"

/* What readers get is one object in one line, with what each event has. */
static void check_event(int fd)
{
	char text[EVENT_LINE_MAX + 1];
	ssize_t size;

	while ((size = recv(fd, text, EVENT_LINE_MAX, MSG_DONTWAIT)) > 0) {
		enum event_kind kind;
		text[size] = '\0';
		g_autoptr(JsonNode) root = json_from_string(text, NULL);
		g_assert(root && JSON_NODE_HOLDS_OBJECT(root) && !strchr(text, '\n'));
		JsonObject *event = json_node_get_object(root);
		g_assert(event_kind_parse(json_object_get_string_member(event, "event"), &kind,
					  NULL));
		g_assert(json_object_get_string_member(event, "container"));
		g_assert(json_object_get_string_member(event, "time"));
	}
}

static void take_line(struct events *events, struct port_set *ports, const char *line)
{
	g_autoptr(JsonNode) root = json_from_string(line, NULL);
	g_autoptr(GArray) before = g_array_copy(ports->rules);

	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return;
	events_take_notice(events, json_node_get_object(root));
	port_set_change(ports, json_node_get_object(root), NULL, 0, NULL);
	events_compare_ports(events, before, ports->rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	struct events *events = events_new("fuzz");
	struct port_set ports;
	int pair[2];

	g_assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	port_set_init(&ports);
	events_add_reader(events, pair[0], 0);
	for (char **line = lines; *line; line++) {
		take_line(events, &ports, *line);
		check_event(pair[1]);
	}
	events_free(events);
	port_set_done(&ports);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
