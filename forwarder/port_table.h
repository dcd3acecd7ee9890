/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_table - the published ports of one container, over whichever link carries them */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/link_config.h"
#include "src/port_rule.h"

struct port_table;

/*
 * What a link does to publish: the table expands ranges and unset addresses and calls these for one
 * port of one family at a time. host and guest have a family, all ports are set.
 */
struct port_backend {
	bool (*publish)(void *opaque, int protocol, const struct ip_address *host,
			uint16_t host_port, const struct ip_address *guest, uint16_t guest_port,
			GError **error);
	bool (*unpublish)(void *opaque, int protocol, const struct ip_address *host,
			  uint16_t host_port);
	void *opaque;
};

/* link and backend are copied by value; backend's opaque must outlive the table. */
struct port_table *port_table_new(const struct link_config *link,
				  const struct port_backend *backend);
void port_table_free(struct port_table *table);

/*
 * Publishes a rule: all its ports in all its families, or none. Fills *ret_rule with the id
 * (counted from 1) and, for host port 0, the port that was taken (the same one for both families).
 * Errors: EADDRINUSE (the message names who holds the port), EACCES for ports below
 * ip_unprivileged_port_start (the cure names the sysctl), EADDRNOTAVAIL, EEXIST.
 */
bool port_table_add(struct port_table *table, const struct port_rule *rule,
		    struct port_rule *ret_rule, GError **error);

/* Removes by id. False if there is none. */
bool port_table_remove(struct port_table *table, unsigned id);

/* The rules, in the order of their ids, of struct port_rule; valid until the next change. */
const GArray *port_table_rules(const struct port_table *table);
