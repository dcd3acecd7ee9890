/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_publication - one published rule: its sockets, and their way to the link */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "forwarder/port_binding.h"
#include "src/link_config.h"
#include "src/port_rule.h"
#include "src/port_set.h"

/*
 * What a link does to publish: a publication makes the sockets and calls these for one port of one
 * family at a time.
 */
struct port_backend {
	/* Begins to serve binding->fd; the binding is copied. */
	bool (*publish)(void *opaque, const struct port_binding *binding, GError **error);
	/* Stops; connections go on. */
	void (*unpublish)(void *opaque, const struct port_binding *binding);
	void *opaque;
	/* As host_socket_open(), which NULL stands for. */
	bool (*open)(void *opaque, struct port_binding *binding);
};

/* What publications work with. */
struct port_context {
	struct link_config link;
	struct port_backend backend;
};

struct port_publication {
	struct port_rule rule;
	GArray *bindings; /* of struct port_binding: one for each port and family */
};

/*
 * Publishes a rule: all its ports in all its families, or none; fills in the port that was taken
 * for 0. Where a publication in donors (may be NULL) has a socket for the same place, that one
 * serves both from now on. NULL on error, see port_error.h.
 */
struct port_publication *port_publication_new(const struct port_context *context,
					      const struct port_rule *rule, const GPtrArray *donors,
					      GError **error);

/*
 * Publishes a rule with sockets that exist (of int): in any order, perhaps of another process that
 * is gone. They become the publication's, and are closed on failure.
 */
struct port_publication *port_publication_adopt(const struct port_context *context,
						const struct port_rule *rule, const GArray *sockets,
						GError **error);

/* Ends it. Its sockets are closed; with is_final, duplicates of them serve nobody either. */
void port_publication_free(const struct port_context *context, struct port_publication *publication,
			   bool is_final);

/*
 * Ends its sockets, for all; resume makes new ones for the same rule. It has none when that fails.
 */
void port_publication_suspend(const struct port_context *context,
			      struct port_publication *publication);
bool port_publication_resume(const struct port_context *context,
			     struct port_publication *publication, GError **error);

/* Undoes what port_publication_new() has noted of donors: their sockets are theirs alone. */
void port_publication_reclaim(const GPtrArray *donors);

/* True if it is the rule's with just this socket. */
bool port_publication_has_socket(const struct port_publication *publication,
				 const struct port_rule *rule, int fd);

/*
 * True if one of its sockets is at a port that the rule wants; the rule of an inherited socket
 * (source) does not name its port.
 */
bool port_publication_takes(const struct port_publication *publication,
			    const struct port_rule *rule);

/* Appends its rule and its sockets, which stay its own. */
void port_publication_copy(const struct port_publication *publication, struct port_set *set);
