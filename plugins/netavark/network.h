/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network - what netavark says of a network and of a container in it (its plugin-API.md) */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plugins/settings.h"
#include "src/json.h"

/* Longest input, in bytes. */
#define NETAVARK_INPUT_MAX (1024 * 1024)

/* A container in a network. */
struct netavark_request {
	const char *container_id;
	const char *network; /* its name */
	const char *ifname;
	struct settings settings;
	GPtrArray *servers; /* of const char *: name servers of the network's own; may be empty */
	JsonNode *root;	    /* owns the strings */
};

/*
 * Reads the definition of a network that is to be made, refuses what it asks for and cannot be, and
 * returns it as it shall be kept. NULL on error.
 */
JsonNode *netavark_network_create(const char *text, size_t size, GError **error);

/* As without any input. */
void netavark_request_init(struct netavark_request *request);
void netavark_request_done(struct netavark_request *request);

/*
 * Reads the input of setup and teardown into an initialised request. For teardown (is_end) it needs
 * only to say which container and interface is meant.
 */
bool netavark_request_parse(const char *text, size_t size, bool is_end,
			    struct netavark_request *request, GError **error);

/* The answer to setup: addresses and name servers of the link. */
JsonNode *netavark_request_answer(const struct netavark_request *request,
				  const struct link_config *link);
