/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect - netns-ctl NAME inspect: what forwarder and launcher know of a container */
#include "src/ctl/inspect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "src/ctl/client.h"
#include "src/ctl/message.h"
#include "src/ctl/session.h"
#include "src/ctl/terminal.h"
#include "src/failure.h"
#include "src/state_dir.h"

static void add_missing(JsonObject *object, JsonObject *more)
{
	g_autoptr(GList) names = json_object_get_members(more);

	for (const GList *at = names; at; at = at->next) {
		const char *name = at->data;
		if (!json_object_has_member(object, name))
			json_object_set_member(object, name, json_object_dup_member(more, name));
	}
}

/* What the launcher wrote at the start, for when it does not answer. */
static JsonObject *read_state(const char *container)
{
	g_autofree char *text = state_dir_read(container, NULL);

	return text ? message_parse(text, strlen(text)) : NULL;
}

bool inspect_print(const struct ctl_request *request, GError **error)
{
	const struct client_request call = {request->container, "inspect", NULL, CLIENT_TIMEOUT};
	g_autoptr(GError) no_forwarder = NULL;
	g_autoptr(JsonObject) forwarder = client_call(&call, &no_forwarder);
	g_autoptr(GError) no_launcher = NULL;
	g_autoptr(JsonObject) launcher = session_call(&call, &no_launcher);

	if (!launcher)
		launcher = read_state(request->container);
	if (!forwarder && !launcher) {
		g_propagate_error(error, g_steal_pointer(&no_launcher));
		return false;
	}
	g_autoptr(JsonObject) both = json_object_new();
	if (forwarder)
		add_missing(both, forwarder);
	if (launcher)
		add_missing(both, launcher);
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	json_node_set_object(root, both);
	g_autofree char *text = terminal_json(root);
	fputs(text, stdout);
	return true;
}
