/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_servers - the host's name servers, and which of them to ask first */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include <glib.h>

#include "src/dns_config.h"

/* How long a server that kept a question waiting is asked after the others. */
#define DNS_DOUBT_S 30
/* How long a server that has spoken is taken for one that is there, and slow. */
#define DNS_HEARD_S 10

struct dns_servers {
	struct sockaddr_storage addresses[DNS_SERVERS_MAX];
	gint64 doubted_until_us[DNS_SERVERS_MAX]; /* monotonic */
	gint64 heard_us[DNS_SERVERS_MAX];	  /* the same; 0: never */
	unsigned n;
};

/* Takes the first of a list (of struct sockaddr_storage), trusting all. False if it has them. */
bool dns_servers_set(struct dns_servers *servers, const GArray *addresses);

/* Fills in the indices of all n servers: those that are trusted, each kind in the given order. */
void dns_servers_order(const struct dns_servers *servers, gint64 now_us,
		       unsigned ret_order[DNS_SERVERS_MAX]);

/* Server i is not there, or is none, and is asked last for DNS_DOUBT_S. */
void dns_servers_doubt(struct dns_servers *servers, unsigned i, gint64 now_us);
/*
 * Server i has not answered in time: the same, unless it has been heard a moment ago. What one name
 * takes long for is no reason to ask others for all names, which may not know the same.
 */
void dns_servers_doubt_silent(struct dns_servers *servers, unsigned i, gint64 now_us);
/* Server i has spoken. */
void dns_servers_trust(struct dns_servers *servers, unsigned i, gint64 now_us);
