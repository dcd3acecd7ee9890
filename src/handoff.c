/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handoff - what launcher and forwarder say to each other over their socket */
#include "src/handoff.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/forbidden_call.h"
#include "src/handoff_link.h"
#include "src/handoff_message.h"
#include "src/json.h"
#include "src/json_add.h"
#include "src/json_get.h"

static const char *const fd_names[HANDOFF_N_FDS] = {
	[HANDOFF_FD_TAP] = "tap",	[HANDOFF_FD_CONTROL] = "control",
	[HANDOFF_FD_AGENT] = "agent",	[HANDOFF_FD_TCP4] = "tcp4",
	[HANDOFF_FD_TCP6] = "tcp6",	[HANDOFF_FD_UDP4] = "udp4",
	[HANDOFF_FD_UDP6] = "udp6",	[HANDOFF_FD_PREDECESSOR] = "predecessor",
	[HANDOFF_FD_EGRESS] = "egress", [HANDOFF_FD_MEMORY] = "memory",
};

void handoff_start_init(struct handoff_start *start)
{
	*start = (struct handoff_start){
		.access.ports = g_array_new(FALSE, TRUE, sizeof(struct host_port)),
	};
	dns_config_init(&start->dns);
	port_set_init(&start->ports);
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		start->fds[i] = -1;
}

void handoff_start_done(struct handoff_start *start)
{
	g_clear_pointer(&start->name, g_free);
	g_clear_pointer(&start->resolv_conf, g_free);
	g_clear_pointer(&start->access.ports, g_array_unref);
	dns_config_done(&start->dns);
	port_set_close(&start->ports);
	port_set_done(&start->ports);
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		close_fd(&start->fds[i]);
}

int handoff_take_fd(struct handoff_start *start, enum handoff_fd place)
{
	return g_steal_fd(&start->fds[place]);
}

/* --- writing --- */

static void add_access(JsonBuilder *builder, const struct host_access *access)
{
	json_add_bool(builder, "host_loopback", access->all);
	json_add_bool(builder, "no_dns", access->no_dns);
	json_builder_set_member_name(builder, "host_ports");
	json_builder_begin_array(builder);
	for (guint i = 0; access->ports && i < access->ports->len; i++) {
		const struct host_port *port = &g_array_index(access->ports, struct host_port, i);
		json_builder_begin_object(builder);
		json_add_int(builder, "protocol", port->protocol);
		json_add_int(builder, "port", port->port);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
}

/* Waits for the other side, also on a socket that does not block. */
static bool send_patiently(int socket, JsonNode *object, const int *fds, size_t n_fds,
			   GError **error)
{
	struct pollfd entry = {.fd = socket, .events = POLLOUT};

	for (;;) {
		g_autoptr(GError) failure = NULL;

		if (handoff_message_send(socket, object, fds, n_fds, &failure))
			return true;
		if (failure->code != EAGAIN) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return false;
		}
		poll(&entry, 1, -1);
	}
}

/* The message that builder has begun, and as many more as the ports take. */
static bool send_with_ports(int socket, JsonBuilder *builder, const struct port_set *ports,
			    int *fds, size_t n_fds, GError **error)
{
	struct port_set_position position = {0};
	bool has_more = true;

	json_builder_end_object(builder);
	JsonNode *root = json_builder_get_root(builder);
	while (has_more) {
		g_autoptr(JsonNode) message = root;

		has_more = port_set_write(ports, &position, json_node_get_object(message), fds,
					  &n_fds);
		if (!send_patiently(socket, message, fds, n_fds, error))
			return false;
		root = json_node_new(JSON_NODE_OBJECT);
		n_fds = 0;
	}
	json_node_unref(root);
	return true;
}

bool handoff_send_start(int socket, const struct handoff_start *start, GError **error)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;

	json_builder_begin_object(builder);
	json_add_string(builder, "name", start->name);
	if (start->resolv_conf)
		json_add_string(builder, "resolv_conf", start->resolv_conf);
	handoff_link_add(builder, &start->link);
	add_access(builder, &start->access);
	outbound_add(&start->outbound, builder);
	dns_config_add(builder, &start->dns);
	rates_add(&start->rates, builder);
	json_add_string(builder, "sandbox", sandbox_mode_name(start->sandbox));
	json_add_bool(builder, "control_once", start->control_once);
	json_builder_set_member_name(builder, "fds");
	json_builder_begin_array(builder);
	for (size_t i = 0; i < HANDOFF_N_FDS; i++) {
		if (start->fds[i] < 0)
			continue;
		json_builder_add_string_value(builder, fd_names[i]);
		fds[n_fds++] = start->fds[i];
	}
	json_builder_end_array(builder);
	return send_with_ports(socket, builder, &start->ports, fds, n_fds, error);
}

bool handoff_send_ready(int socket, const struct port_set *ports, const char *note, GError **error)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	int fds[FDPASS_MAX_FDS];

	json_builder_begin_object(builder);
	if (note)
		json_add_string(builder, "note", note);
	return send_with_ports(socket, builder, ports, fds, 0, error);
}

bool handoff_send_failed(int socket, const GError *failure, GError **error)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	json_add_string(builder, "failed", failure->message);
	json_add_int(builder, "errno", failure->code);
	json_builder_end_object(builder);
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	return handoff_message_send(socket, root, NULL, 0, error);
}

/* --- reading --- */

static JsonObject *element_object(JsonArray *array, guint i)
{
	JsonNode *node = json_array_get_element(array, i);

	return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static bool read_access(JsonObject *object, struct host_access *access, GError **error)
{
	JsonArray *array = json_get_array(object, "host_ports");

	access->all = json_get_bool(object, "host_loopback");
	access->no_dns = json_get_bool(object, "no_dns");
	if (!array)
		return handoff_message_malformed(error, "list of host ports");
	for (guint i = 0; i < json_array_get_length(array); i++) {
		JsonObject *element = element_object(array, i);
		gint64 protocol = element ? json_get_int(element, "protocol") : 0;
		gint64 number = element ? json_get_int(element, "port") : 0;
		if ((protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) || number < 1 ||
		    number > 65535)
			return handoff_message_malformed(error, "host port");
		struct host_port port = {.protocol = (int)protocol, .port = (uint16_t)number};
		g_array_append_val(access->ports, port);
	}
	return true;
}

/* The name of the i-th descriptor, "" when it has none. */
static const char *fd_name(JsonArray *names, size_t i)
{
	if (!names || i >= json_array_get_length(names))
		return "";
	JsonNode *node = json_array_get_element(names, (guint)i);
	const char *name = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
	return name ? name : "";
}

/* Moves each received descriptor to the place that the message names for it. */
static bool read_fds(JsonObject *object, int *fds, size_t n_fds, int *ret_fds)
{
	JsonArray *names = json_get_array(object, "fds");

	for (size_t i = 0; i < n_fds; i++) {
		size_t place = HANDOFF_N_FDS;
		const char *name = fd_name(names, i);
		for (size_t j = 0; j < HANDOFF_N_FDS; j++)
			if (g_str_equal(name, fd_names[j]))
				place = j;
		if (place < HANDOFF_N_FDS && ret_fds[place] < 0)
			ret_fds[place] = g_steal_fd(&fds[i]);
	}
	return ret_fds[HANDOFF_FD_TAP] >= 0;
}

/* Those that nobody has taken. */
static void close_rest(int *fds, size_t n_fds)
{
	for (size_t i = 0; i < n_fds; i++)
		close_fd(&fds[i]);
}

/* The ports in a message and in those that follow it. Takes all descriptors. */
static bool read_ports(int socket, JsonObject *first, int *fds, size_t n_fds,
		       struct port_set *ports, GError **error)
{
	bool ok = port_set_read(ports, first, fds, n_fds, error);
	bool has_more = port_set_has_more(first);

	close_rest(fds, n_fds);
	while (ok && has_more) {
		g_autoptr(JsonNode) root = handoff_message_receive(socket, fds, &n_fds, error);

		if (!root)
			return false;
		JsonObject *object = json_node_get_object(root);
		ok = port_set_read(ports, object, fds, n_fds, error);
		has_more = port_set_has_more(object);
		close_rest(fds, n_fds);
	}
	return ok;
}

static bool read_start(JsonObject *object, int *fds, size_t n_fds, struct handoff_start *start,
		       GError **error)
{
	if (!read_fds(object, fds, n_fds, start->fds))
		return handoff_message_malformed(error, "TAP descriptor");
	start->name = g_strdup(json_get_string(object, "name"));
	start->resolv_conf = g_strdup(json_get_string(object, "resolv_conf"));
	start->control_once = json_get_bool(object, "control_once");
	const char *sandbox = json_get_string(object, "sandbox");
	if (*sandbox && !sandbox_mode_parse(sandbox, &start->sandbox, error))
		return false;
	return handoff_link_read(object, &start->link, error) &&
	       read_access(object, &start->access, error) &&
	       outbound_read(object, &start->outbound, error) &&
	       dns_config_read(object, &start->dns, error) &&
	       rates_read(object, &start->rates, error);
}

bool handoff_receive_start(int socket, struct handoff_start *start, GError **error)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	g_autoptr(JsonNode) root = handoff_message_receive(socket, fds, &n_fds, error);

	if (!root)
		return false;
	JsonObject *object = json_node_get_object(root);
	if (read_start(object, fds, n_fds, start, error))
		return read_ports(socket, object, fds, n_fds, &start->ports, error);
	close_rest(fds, n_fds);
	return false;
}

bool handoff_receive_ready(int socket, struct port_set *ret_ports, char **ret_note, GError **error)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	g_autoptr(JsonNode) root = handoff_message_receive(socket, fds, &n_fds, error);

	if (!root)
		return false;
	JsonObject *object = json_node_get_object(root);
	const char *failed = json_get_string(object, "failed");
	if (!*failed) {
		const char *note = json_get_string(object, "note");
		if (ret_note)
			*ret_note = *note ? g_strdup(note) : NULL;
		return read_ports(socket, object, fds, n_fds, ret_ports, error);
	}
	close_rest(fds, n_fds);
	g_autofree char *forbidden = forbidden_call_explain(object);
	if (forbidden) {
		failure_set(error, EPERM, "report it; --sandbox=off does without",
			    "netns-forwarder cannot start: %s", forbidden);
		return false;
	}
	g_set_error_literal(error, FAILURE, (int)json_get_int(object, "errno"), failed);
	return false;
}
