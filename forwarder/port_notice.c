/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_notice - tells the launcher which ports are published, with their sockets */
#include "forwarder/port_notice.h"

#include "src/fdpass.h"
#include "src/notice.h"

/* Of 11 bytes each, in the first notice beside a part of the rules. */
#define IDS_PER_NOTICE 1000

static void add_removed(JsonObject *object, const GArray *removed, guint *position)
{
	JsonArray *ids = json_array_new();

	for (guint n = 0; n < IDS_PER_NOTICE && *position < removed->len; n++)
		json_array_add_element(
			ids, json_int_node(g_array_index(removed, unsigned, (*position)++)));
	json_object_set_array_member(object, "removed", ids);
}

void port_notice_send(struct notifier *notifier, const GArray *removed,
		      const struct port_set *added)
{
	struct port_set_position position = {0};
	const struct port_set nothing = {g_array_new(FALSE, FALSE, sizeof(struct port_rule)),
					 g_array_new(FALSE, FALSE, sizeof(struct port_socket))};
	guint n_removed = 0;
	bool has_more = true;

	while (has_more) {
		JsonNode *notice = json_node_new(JSON_NODE_OBJECT);
		JsonObject *object = json_object_new();
		int fds[FDPASS_MAX_FDS];
		size_t n_fds = 0;

		add_removed(object, removed, &n_removed);
		/* Old ids first: what comes may have the sockets of what goes. */
		bool all_removed = n_removed == removed->len;
		has_more = port_set_write(all_removed ? added : &nothing, &position, object, fds,
					  &n_fds) ||
			   !all_removed;
		if (has_more)
			json_object_set_boolean_member(object, "more", TRUE);
		json_node_take_object(notice, object);
		if (!notifier_tell(notifier, NOTICE_PORTS, notice, fds, n_fds, NULL))
			break;
	}
	g_array_unref(nothing.rules);
	g_array_unref(nothing.sockets);
}
