/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_names - the names that the container's resolver answers itself */
#pragma once

#include <glib.h>

#include "src/dns_config.h"
#include "src/link_config.h"

/* The host, as the container reaches it (link_network_reached_host()). */
#define DNS_NAME_OF_HOST "host.internal"

struct dns_names;

/* Those of the configuration, and the host's, unless the configuration has that one, too. */
struct dns_names *dns_names_new(const struct dns_config *config, const struct link_config *link);
void dns_names_free(struct dns_names *names);

/* The addresses (of struct ip_address) of a name in lower case; NULL for another one's name. */
const GArray *dns_names_find(const struct dns_names *names, const char *name);
