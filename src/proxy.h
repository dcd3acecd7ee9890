/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxy - a proxy for outgoing TCP, as its URL describes it */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "src/address.h"

enum proxy_kind {
	PROXY_NONE,
	PROXY_SOCKS5,  /* RFC 1928: asked by address */
	PROXY_SOCKS5H, /* asked by name, and resolves it */
	PROXY_HTTP,    /* CONNECT, RFC 9110 9.3.6: by name as well */
};

/* RFC 1929 has one byte for the length of each. */
#define PROXY_CREDENTIAL_SIZE 256

struct proxy {
	enum proxy_kind kind;
	struct ip_address address; /* unset while only the name is known */
	char host[256];		   /* as it was given: a name or an address */
	uint16_t port;		   /* host byte order */
	char user[PROXY_CREDENTIAL_SIZE], password[PROXY_CREDENTIAL_SIZE]; /* "": none */
};

/*
 * Parses (socks5|socks5h|http)://[USER[:PASSWORD]@]HOST[:PORT][/]; user and password may have %XX
 * (RFC 3986 2.1), an IPv6 HOST stands in brackets. The default ports are 1080 and 8080. No text of
 * a failure has the password in it.
 */
bool proxy_parse(const char *url, struct proxy *ret_proxy, GError **error);

/*
 * Overwrites user and password of each --proxy in main()'s own words: other users see them in
 * /proc/PID/cmdline, and the command sees those of process 1, which has them from here.
 */
void proxy_hide_credentials(char **argv);

/*
 * Finds the address of a name, by the caller's own resolver: of several on the host's loopback one
 * where somebody listens, else the first. May take long.
 */
bool proxy_resolve(struct proxy *proxy, GError **error);

/* The URL by address and without user and password; the caller owns it. */
char *proxy_to_string(const struct proxy *proxy);

/* "socks5h"; NULL for PROXY_NONE. */
const char *proxy_kind_name(enum proxy_kind kind);
/* Its opposite: PROXY_NONE for what is none. */
enum proxy_kind proxy_kind_of(const char *name);
