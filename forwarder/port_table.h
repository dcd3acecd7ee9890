/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_table - the published ports of one container, over whichever link carries them */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "forwarder/port_publication.h"
#include "src/link_config.h"
#include "src/port_set.h"

struct port_table;

/* link and backend are copied by value; backend's opaque must outlive the table. */
struct port_table *port_table_new(const struct link_config *link,
				  const struct port_backend *backend);
/* Closes its sockets; duplicates of them elsewhere remain as good as before. */
void port_table_free(struct port_table *table);

/*
 * Called after each change, with the ids (unsigned) of rules that are gone and the rules that have
 * come, whose sockets stay the table's.
 */
typedef void (*port_table_observer)(const GArray *removed, const struct port_set *added,
				    void *opaque);
void port_table_observe(struct port_table *table, port_table_observer observer, void *opaque);

/* A rule that shall be published. */
struct port_wish {
	struct port_rule rule; /* gets an id higher than all before where it has none */
	/* Its sockets, of int, which become the table's in any case; NULL: it gets new ones. */
	GArray *sockets;
};

/*
 * Changes the table as a whole or not at all: publishes all wishes (of struct port_wish; may be
 * NULL) and removes the rules with these ids (unsigned; may be NULL). A rule that is there already
 * is left as it is, a port that goes and comes again under another rule keeps its socket. Appends
 * what the wishes have become, in their order, to ret_rules (of struct port_rule; may be NULL),
 * with their ids and, for host port 0, the port that was taken (the same one for both families).
 *
 * Errors: ENOENT for an id that is not there, EADDRINUSE (the message names who holds the port),
 * EACCES for ports below ip_unprivileged_port_start (the cure names the sysctl), EADDRNOTAVAIL,
 * ENODEV.
 */
bool port_table_change(struct port_table *table, const GArray *wishes, const GArray *remove,
		       GArray *ret_rules, GError **error);

/*
 * The same, and removes every rule that is none of the wishes. A wish for any free port is content
 * with one that leads to the same.
 */
bool port_table_replace(struct port_table *table, const GArray *wishes, GArray *ret_rules,
			GError **error);

/* Publishes one rule with new sockets. EEXIST if it is there already. */
bool port_table_add(struct port_table *table, const struct port_rule *rule,
		    struct port_rule *ret_rule, GError **error);

/* Removes by id. False if there is none. */
bool port_table_remove(struct port_table *table, unsigned id);

/* The rules, oldest first, of struct port_rule; valid until the next change. */
const GArray *port_table_rules(const struct port_table *table);

/* Appends all rules and sockets to set; the descriptors stay the table's. */
void port_table_copy(const struct port_table *table, struct port_set *set);
