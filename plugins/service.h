/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service - a network for a container of others that is served in the background */
#pragma once

#include <stdbool.h>

#include "plugins/netns.h"
#include "plugins/registry.h"
#include "plugins/settings.h"
#include "src/link_config.h"

/* Of a network's state the member with the name of what it belongs to, in its runtime's terms. */
#define SERVICE_NETWORK "network"

struct service {
	const char *program; /* in front of messages */
	struct registry_key key;
	const char *network; /* member SERVICE_NETWORK */
	const char *path;    /* of the network namespace: when it leads there no more, all ends */
	struct netns target; /* it, opened */
	struct link_config link; /* settings_link_plan() */
	const struct settings *settings;
};

/*
 * Opens the network namespace at path, which must be absolute (EINVAL); EEXIST if it is that of the
 * calling process itself.
 */
bool service_open(const char *path, struct netns *ret_target, GError **error);

/*
 * Makes the link and publishes the ports, by a helper that then serves until registry_end(), or
 * until the end of the namespace. *ret_link is the link as it was made. On error nothing is left:
 * EEXIST if the key has a network, EADDRINUSE for a port that is taken. The calling process must
 * have one thread.
 */
bool service_start(const struct service *service, struct link_config *ret_link, GError **error);
