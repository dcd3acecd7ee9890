/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_set - published rules and their sockets, as launcher and forwarder tell each other of them
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "src/json.h"
#include "src/port_rule.h"

/* One socket of the rule with this id: bound, and of TCP listening. */
struct port_socket {
	unsigned id;
	int fd;
};

struct port_set {
	GArray *rules;	 /* of struct port_rule, each with an id of its own */
	GArray *sockets; /* of struct port_socket, in no order */
};

void port_set_init(struct port_set *set);
/* Frees the arrays and leaves the descriptors open. */
void port_set_done(struct port_set *set);
/* Closes the descriptors and forgets them. */
void port_set_close(struct port_set *set);
/* Puts another in its place, which is closed; `by` is not to be used any more. */
void port_set_replace(struct port_set *set, struct port_set *by);

/* Takes the rule with this id out, if there is one, and closes its sockets. */
void port_set_remove(struct port_set *set, unsigned id);
/* Takes all sockets of the rule out: appends them to fds (of int), which has them now. */
void port_set_take_sockets(struct port_set *set, unsigned id, GArray *fds);

/*
 * How it works
 *
 * A set can be larger than a message (src/handoff_message.h) may be. So it travels in parts, each
 * the members of an object: "ports", an array of rules; "sockets", the ids of those rules that the
 * last descriptors of the message belong to; "more", true in all parts but the last.
 */
struct port_set_position {
	guint rule, socket; /* the next ones */
};

/*
 * Adds the next part to object, and its descriptors to those of the message: fds has
 * FDPASS_MAX_FDS places, *n_fds of them taken. They stay the set's. True if more parts follow.
 */
bool port_set_write(const struct port_set *set, struct port_set_position *position,
		    JsonObject *object, int *fds, size_t *n_fds);

/*
 * Appends a part to set. Descriptors that belong to a rule become the set's: -1 stands in their
 * place then. False (EBADMSG) for a part that is malformed; some of it may be in the set.
 */
bool port_set_read(struct port_set *set, JsonObject *object, int *fds, size_t n_fds,
		   GError **error);

/*
 * As port_set_read(), for a part of a change: before, takes out the rules whose ids are in the
 * array "removed", which may be absent.
 */
bool port_set_change(struct port_set *set, JsonObject *object, int *fds, size_t n_fds,
		     GError **error);

/* True if more parts follow the one in object. */
bool port_set_has_more(JsonObject *object);
