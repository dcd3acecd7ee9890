/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state - what an OCI runtime tells a hook about the container (runtime-spec, runtime.md "State")
 */
#include "plugins/oci/state.h"

#include <errno.h>
#include <stdbool.h>

#include "src/failure.h"

static const struct {
	const char *status;
	enum oci_stage stage;
} statuses[] = {
	{"creating", OCI_CREATE},
	{"created", OCI_CREATE},
	{"running", OCI_CREATE},
	{"stopped", OCI_STOP},
};

static bool malformed(GError **error, const char *what)
{
	failure_set(error, EINVAL,
		    "an OCI runtime calls this program as a hook; see netns-oci-hook(1)",
		    "the container's state on standard input %s", what);
	return false;
}

static bool is_string(JsonNode *node)
{
	return node && JSON_NODE_HOLDS_VALUE(node) &&
	       json_node_get_value_type(node) == JSON_VALUE_STRING;
}

static bool read_stage(JsonObject *object, struct oci_state *state, GError **error)
{
	const char *status = json_object_get_string_member_with_default(object, "status", "");

	for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++) {
		if (g_str_equal(status, statuses[i].status)) {
			state->stage = statuses[i].stage;
			return true;
		}
	}
	return malformed(error, "has no status that is known");
}

static bool read_pid(JsonObject *object, struct oci_state *state, GError **error)
{
	JsonNode *node = json_object_get_member(object, "pid");
	bool is_number = node && JSON_NODE_HOLDS_VALUE(node) &&
			 json_node_get_value_type(node) == JSON_VALUE_INT64;
	gint64 pid = is_number ? json_node_get_int(node) : 0;

	if (!is_number ? node || state->stage == OCI_CREATE : pid < 0 || pid > G_MAXINT)
		return malformed(error, "has no PID of the container's process");
	state->pid = (pid_t)pid;
	if (state->stage == OCI_CREATE && pid <= 1)
		state->stage = OCI_JOIN;
	return true;
}

static bool read_annotations(JsonObject *object, struct oci_state *state, GError **error)
{
	JsonNode *node = json_object_get_member(object, "annotations");

	if (!node || JSON_NODE_HOLDS_NULL(node))
		return true;
	if (!JSON_NODE_HOLDS_OBJECT(node))
		return malformed(error, "has annotations that are no object");
	state->annotations = json_node_get_object(node);
	g_autoptr(GList) names = json_object_get_members(state->annotations);
	for (const GList *at = names; at; at = at->next)
		if (!is_string(json_object_get_member(state->annotations, at->data)))
			return malformed(error, "has an annotation that is no text");
	return true;
}

static bool read_state(JsonObject *object, struct oci_state *state, GError **error)
{
	state->id = json_object_get_string_member(object, "id");
	state->bundle = json_object_get_string_member(object, "bundle");
	if (!state->id || !*state->id)
		return malformed(error, "has no id");
	return read_stage(object, state, error) && read_pid(object, state, error) &&
	       read_annotations(object, state, error);
}

bool oci_state_parse(const char *text, size_t size, struct oci_state *ret_state, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	g_autoptr(GError) failure = NULL;
	struct oci_state state = {0};

	if (size == 0)
		return malformed(error, "is empty");
	if (!json_parser_load_from_data(parser, text, (gssize)size, &failure)) {
		g_autofree char *what = g_strdup_printf("is no JSON: %s", failure->message);
		return malformed(error, what);
	}
	state.root = json_parser_steal_root(parser);
	if (!state.root || !JSON_NODE_HOLDS_OBJECT(state.root)) {
		oci_state_done(&state);
		return malformed(error, "is no JSON object");
	}
	if (!read_state(json_node_get_object(state.root), &state, error)) {
		oci_state_done(&state);
		return false;
	}
	*ret_state = state;
	return true;
}

void oci_state_done(struct oci_state *state)
{
	g_clear_pointer(&state->root, json_node_unref);
}
