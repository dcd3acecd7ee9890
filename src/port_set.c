/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_set - published rules and their sockets, as launcher and forwarder tell each other of them
 */
#include "src/port_set.h"

#include <limits.h>
#include <unistd.h>

#include "src/fdpass.h"
#include "src/handoff_message.h"

/* A rule takes some 250 bytes at most, a socket's id 11. */
#define RULES_PER_PART 400
G_STATIC_ASSERT(RULES_PER_PART * 300 + FDPASS_MAX_FDS * 11 + 16384 < FDPASS_MAX_BYTES);

void port_set_init(struct port_set *set)
{
	set->rules = g_array_new(FALSE, FALSE, sizeof(struct port_rule));
	set->sockets = g_array_new(FALSE, FALSE, sizeof(struct port_socket));
}

void port_set_done(struct port_set *set)
{
	g_clear_pointer(&set->rules, g_array_unref);
	g_clear_pointer(&set->sockets, g_array_unref);
}

void port_set_close(struct port_set *set)
{
	for (guint i = 0; i < set->sockets->len; i++)
		close(g_array_index(set->sockets, struct port_socket, i).fd);
	g_array_set_size(set->sockets, 0);
}

void port_set_replace(struct port_set *set, struct port_set *by)
{
	port_set_close(set);
	port_set_done(set);
	*set = *by;
	*by = (struct port_set){0};
}

void port_set_take_sockets(struct port_set *set, unsigned id, GArray *fds)
{
	guint kept = 0;

	for (guint i = 0; i < set->sockets->len; i++) {
		struct port_socket socket = g_array_index(set->sockets, struct port_socket, i);

		if (socket.id == id)
			g_array_append_val(fds, socket.fd);
		else
			g_array_index(set->sockets, struct port_socket, kept++) = socket;
	}
	g_array_set_size(set->sockets, kept);
}

void port_set_remove(struct port_set *set, unsigned id)
{
	g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));

	port_set_take_sockets(set, id, fds);
	for (guint i = 0; i < fds->len; i++)
		close(g_array_index(fds, int, i));
	for (guint i = 0; i < set->rules->len; i++) {
		if (g_array_index(set->rules, struct port_rule, i).id != id)
			continue;
		g_array_remove_index(set->rules, i);
		return;
	}
}

/* --- writing --- */

bool port_set_write(const struct port_set *set, struct port_set_position *position,
		    JsonObject *object, int *fds, size_t *n_fds)
{
	JsonArray *ports = json_array_new();
	JsonArray *sockets = json_array_new();

	for (guint n = 0; n < RULES_PER_PART && position->rule < set->rules->len; n++)
		json_array_add_element(
			ports, port_rule_to_json(&g_array_index(set->rules, struct port_rule,
								position->rule++)));
	while (*n_fds < FDPASS_MAX_FDS && position->socket < set->sockets->len) {
		const struct port_socket *socket =
			&g_array_index(set->sockets, struct port_socket, position->socket++);

		json_array_add_int_element(sockets, socket->id);
		fds[(*n_fds)++] = socket->fd;
	}
	bool has_more = position->rule < set->rules->len || position->socket < set->sockets->len;
	json_object_set_array_member(object, "ports", ports);
	json_object_set_array_member(object, "sockets", sockets);
	if (has_more)
		json_object_set_boolean_member(object, "more", TRUE);
	return has_more;
}

/* --- reading --- */

/* NULL also for a member of another type, which may come from another version. */
static JsonArray *get_array(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static bool read_rules(struct port_set *set, JsonArray *array, GError **error)
{
	for (guint i = 0; i < json_array_get_length(array); i++) {
		JsonNode *node = json_array_get_element(array, i);
		struct port_rule rule;

		if (!JSON_NODE_HOLDS_OBJECT(node))
			return handoff_message_malformed(error, "port");
		if (!port_rule_from_json(json_node_get_object(node), &rule, error))
			return false;
		g_array_append_val(set->rules, rule);
	}
	return true;
}

static bool read_id(JsonNode *node, unsigned *ret_id)
{
	gint64 id = 0;

	if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == JSON_VALUE_INT64)
		id = json_node_get_int(node);
	*ret_id = id > 0 && id <= UINT_MAX ? (unsigned)id : 0;
	return *ret_id > 0;
}

static bool read_sockets(struct port_set *set, JsonArray *ids, int *fds, size_t n_fds,
			 GError **error)
{
	guint n = json_array_get_length(ids);

	if (n > n_fds)
		return handoff_message_malformed(error, "list of sockets");
	for (guint i = 0; i < n; i++) {
		struct port_socket socket = {.fd = fds[n_fds - n + i]};

		if (socket.fd < 0 || !read_id(json_array_get_element(ids, i), &socket.id))
			return handoff_message_malformed(error, "socket of a port");
		fds[n_fds - n + i] = -1;
		g_array_append_val(set->sockets, socket);
	}
	return true;
}

bool port_set_read(struct port_set *set, JsonObject *object, int *fds, size_t n_fds, GError **error)
{
	JsonArray *ports = get_array(object, "ports");
	JsonArray *sockets = get_array(object, "sockets");

	if (!ports)
		return handoff_message_malformed(error, "list of ports");
	return read_rules(set, ports, error) &&
	       (!sockets || read_sockets(set, sockets, fds, n_fds, error));
}

bool port_set_change(struct port_set *set, JsonObject *object, int *fds, size_t n_fds,
		     GError **error)
{
	JsonArray *removed = get_array(object, "removed");
	unsigned id;

	for (guint i = 0; removed && i < json_array_get_length(removed); i++) {
		if (!read_id(json_array_get_element(removed, i), &id))
			return handoff_message_malformed(error, "id of a port");
		port_set_remove(set, id);
	}
	return port_set_read(set, object, fds, n_fds, error);
}

bool port_set_has_more(JsonObject *object)
{
	JsonNode *node = json_object_get_member(object, "more");

	return node && JSON_NODE_HOLDS_VALUE(node) &&
	       json_node_get_value_type(node) == JSON_VALUE_BOOLEAN && json_node_get_boolean(node);
}
