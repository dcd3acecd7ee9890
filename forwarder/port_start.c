/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_start - publishes the ports that a start message has */
#include "forwarder/port_start.h"

bool port_start_publish(struct port_table *table, struct port_set *wanted, GError **error)
{
	g_autoptr(GArray) wishes = g_array_new(FALSE, FALSE, sizeof(struct port_wish));

	for (guint i = 0; i < wanted->rules->len; i++) {
		struct port_wish wish = {
			.rule = g_array_index(wanted->rules, struct port_rule, i),
			.sockets = g_array_new(FALSE, FALSE, sizeof(int)),
		};

		port_set_take_sockets(wanted, wish.rule.id, wish.sockets);
		if (!wish.sockets->len)
			g_clear_pointer(&wish.sockets, g_array_unref);
		g_array_append_val(wishes, wish);
	}
	bool done = port_table_change(table, wishes, NULL, NULL, error);
	for (guint i = 0; i < wishes->len; i++)
		g_clear_pointer(&g_array_index(wishes, struct port_wish, i).sockets, g_array_unref);
	return done;
}
