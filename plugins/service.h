/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service - a network for a container of others that is served in the background */
#pragma once

#include <stdbool.h>

#include "plugins/background.h"
#include "plugins/netns.h"
#include "plugins/registry.h"
#include "plugins/settings.h"
#include "src/json.h"
#include "src/link_config.h"

/* Of a network's state the member with the name of what it belongs to, in its runtime's terms. */
#define SERVICE_NETWORK "network"
/* A description that has it; the caller's. */
JsonObject *service_describe_network(const char *network);

struct service {
	const char *program; /* in front of messages */
	struct registry_key key;
	const struct settings *settings;
	struct link_config link; /* settings_link_plan() */
	bool keeps_routes;	 /* it may be one network of several: see struct attach_plan */
	JsonObject *description; /* members for state.json; or NULL */
	/* What it is for, opened; it stays the caller's. Unset: open() does that in the helper. */
	struct netns target;
	/*
	 * directory is the network's; caller is told in the end what has become of it. Who lets it
	 * go before that puts another into its place.
	 */
	bool (*open)(const void *opaque, struct state_dir *directory, struct background *caller,
		     struct netns *ret_target, GError **error);
	const void *opaque;
	/* When all ends: */
	const char *path; /* of the namespace: when it leads there no more; or NULL */
	pid_t pid;	  /* else with this process */
};

/*
 * Opens the network namespace at path, which must be absolute (EINVAL); EEXIST if it is that of the
 * calling process itself.
 */
bool service_open(const char *path, struct netns *ret_target, GError **error);

/*
 * Makes the link and publishes the ports, by a helper that then serves until registry_end(), or
 * until the end of the namespace. *ret_link is the link as it was made; NULL where open() may let
 * the caller go. On error nothing is left: EEXIST if the key has a network, EADDRINUSE for a port
 * that is taken. The calling process must have one thread.
 */
bool service_start(const struct service *service, struct link_config *ret_link, GError **error);
