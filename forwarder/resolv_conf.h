/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolv_conf - the name servers in the text of a resolv.conf(5) */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

struct resolv_conf;

/* Knows no name server. */
struct resolv_conf *resolv_conf_new(void);
void resolv_conf_free(struct resolv_conf *conf);

/* Forgets the servers that it knows, and takes those in text. */
void resolv_conf_set(struct resolv_conf *conf, const char *text);

/*
 * The first name server of a family (AF_INET or AF_INET6), or else of the other one, with port 0
 * and, for a link-local address, its scope. False when no name server is known.
 */
bool resolv_conf_nameserver(const struct resolv_conf *conf, int family,
			    struct sockaddr_storage *ret_sockaddr);
