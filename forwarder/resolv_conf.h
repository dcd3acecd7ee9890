/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolv_conf - the host's name servers, as its resolv.conf(5) names them right now */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

/* The host's. */
#define RESOLV_CONF_PATH "/etc/resolv.conf"

struct resolv_conf;

/* Nothing is read yet. The path is copied. */
struct resolv_conf *resolv_conf_new(const char *path);
void resolv_conf_free(struct resolv_conf *conf);

/*
 * The first name server of a family (AF_INET or AF_INET6), or else of the other one, with port 0
 * and, for a link-local address, its scope. Reads the file again when it has changed; while it is
 * missing, what was read last holds. False when no name server is known.
 */
bool resolv_conf_nameserver(struct resolv_conf *conf, int family,
			    struct sockaddr_storage *ret_sockaddr);
