/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_config - what a container's resolver is told: whom to ask, and names of its own */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include <glib.h>

#include "src/address.h"
#include "src/json.h"

/* More than that nobody would wait for; of a longer resolv.conf the first are asked. */
#define DNS_SERVERS_MAX 8

/* A name that the resolver answers itself: lower case, without a dot at its end. */
struct dns_host {
	char *name;
	struct ip_address address; /* unset: the host, as host.internal */
};

struct dns_config {
	GArray *servers; /* of struct sockaddr_storage, with ports; empty: those of the host */
	GArray *hosts;	 /* of struct dns_host; a name may have several addresses */
};

void dns_config_init(struct dns_config *config);
void dns_config_done(struct dns_config *config);

/* Takes a copy of the name, which is a host name (dns_host_name_parse()). */
void dns_config_add_host(struct dns_config *config, const char *name,
			 const struct ip_address *address);

/* Appends what config has to another. */
void dns_config_append(struct dns_config *to, const struct dns_config *config);

/*
 * The name of a host as struct dns_host has it; the caller frees. NULL for what is none (RFC 1123
 * 2.1, with underscores): up to 253 bytes in labels of up to 63.
 */
char *dns_host_name_parse(const char *text, GError **error);

/*
 * Parses ADDRESS[#PORT], where an IPv6 link-local address has its interface: fe80::1%eth0. The port
 * is 53 if there is none. EINVAL for what no question can be sent to: groups, and fe80::1 alone.
 */
bool dns_server_parse(const char *text, struct sockaddr_storage *ret_server, GError **error);
/* The same back, without the port 53; the caller frees. */
char *dns_server_to_string(const struct sockaddr_storage *server);

/* As the member "dns" of an object, which is left out if there is nothing to tell. */
void dns_config_add(JsonBuilder *builder, const struct dns_config *config);
/* Reads it into an initialised config; absent means empty. */
bool dns_config_read(JsonObject *object, struct dns_config *config, GError **error);
