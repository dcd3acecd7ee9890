/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_table - the published ports of one container, over whichever link carries them */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "forwarder/port_binding.h"
#include "src/link_config.h"
#include "src/port_set.h"

struct port_table;

/*
 * What a link does to publish: the table expands ranges and unset addresses, makes the sockets and
 * calls these for one port of one family at a time.
 */
struct port_backend {
	/* Begins to serve binding->fd; the binding is copied. */
	bool (*publish)(void *opaque, const struct port_binding *binding, GError **error);
	/* Stops; connections go on. */
	void (*unpublish)(void *opaque, const struct port_binding *binding);
	void *opaque;
	/*
	 * Makes the socket for a binding without one: fills in fd and, where it is 0, host_port.
	 * False with errno set. NULL: by host_socket_open().
	 */
	bool (*open)(void *opaque, struct port_binding *binding);
};

/* link and backend are copied by value; backend's opaque must outlive the table. */
struct port_table *port_table_new(const struct link_config *link,
				  const struct port_backend *backend);
/* Closes its sockets; duplicates of them elsewhere remain as good as before. */
void port_table_free(struct port_table *table);

/*
 * Publishes a rule: all its ports in all its families, or none. Fills *ret_rule with the id (its
 * own, or else one higher than all before) and, for host port 0, the port that was taken (the same
 * one for both families).
 * Errors: EADDRINUSE (the message names who holds the port), EACCES for ports below
 * ip_unprivileged_port_start (the cure names the sysctl), EADDRNOTAVAIL, EEXIST.
 */
bool port_table_add(struct port_table *table, const struct port_rule *rule,
		    struct port_rule *ret_rule, GError **error);

/*
 * The same with sockets that exist, of int: those of port_table_copy(), in any order, perhaps of
 * another process that is gone. They become the table's, and are closed on failure.
 */
bool port_table_adopt(struct port_table *table, const struct port_rule *rule, const GArray *sockets,
		      struct port_rule *ret_rule, GError **error);

/* Removes by id. False if there is none. */
bool port_table_remove(struct port_table *table, unsigned id);

/* The rules, in the order in which they were added, of struct port_rule; valid until the next
 * change. */
const GArray *port_table_rules(const struct port_table *table);

/* Appends all rules and sockets to set; the descriptors stay the table's. */
void port_table_copy(const struct port_table *table, struct port_set *set);
