/* SPDX-License-Identifier: GPL-2.0-or-later */
/* registry - the networks that were made for containers of others, by the names those go by */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/json.h"
#include "src/state_dir.h"

/*
 * How it works
 *
 * Each has a directory among those of netns-run's own containers (src/state_dir.h), so netns-ctl
 * shows it and works on it. Its name is made from the key alone: whoever is told to end a network
 * finds it without a list of its own. It is there, and locked by the helper, from before the first
 * step of making the network until after the last of taking it down. Whatever kills a helper
 * half-way, its forwarder, or else the next look at the directory, removes what is left.
 */
struct registry_key {
	const char *owner;  /* whose: "oci", "cni", ...; lower-case letters */
	const char *id;	    /* of the container, in the owner's terms: any text */
	const char *ifname; /* where a container may have several; else NULL */
};

/* What netns-ctl calls it; the caller owns it. OWNER-ID if that can be a name. */
char *registry_name(const struct registry_key *key);

/*
 * Takes the key for a network that the calling process is about to make, for session_new(). NULL on
 * error: EEXIST if there is one, or one is being made.
 */
struct state_dir *registry_add(const struct registry_key *key, GError **error);

/* What a network's state tells of its key, for session_describe() as REGISTRY_MEMBER. */
#define REGISTRY_MEMBER "attachment"
JsonNode *registry_describe(const struct registry_key *key);

/*
 * The state of a network, as `netns-ctl inspect` has it; the caller's. NULL on error: ENOENT if
 * there is none, EAGAIN while it is being made.
 */
JsonObject *registry_read(const struct registry_key *key, GError **error);

/*
 * Ends the network and waits until its ports and its device are gone. No such network is no error.
 * A helper that does not answer is killed.
 */
bool registry_end(const struct registry_key *key, GError **error);

/* Waits until the network has ended by itself; false if it has not in so long, in milliseconds. */
bool registry_await_end(const struct registry_key *key, int timeout);

/* One of registry_list(). */
struct registry_entry {
	char *id;
	char *ifname; /* or NULL */
};

/* The networks of an owner that are there, but for those being made; NULL on error. */
GPtrArray *registry_list(const char *owner, GError **error);
