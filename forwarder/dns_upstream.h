/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_upstream - asks the host's name servers, one after the other until one knows */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/dns_message.h"
#include "forwarder/watch.h"
#include "forwarder/way_out.h"

struct dns_upstream;
struct dns_exchange;

/*
 * The answer of a name server, with an id of no meaning, which the callee may change and which is
 * good until it returns; with size 0 nobody has answered. The exchange ends with it.
 */
typedef void (*dns_upstream_answered)(uint8_t *answer, size_t size, void *opaque);

struct dns_upstream_stats {
	uint64_t by_udp, by_tcp; /* questions to servers */
	uint64_t unanswered;	 /* of exchanges: no server has answered */
	uint64_t evicted;	 /* exchanges that made room for newer ones */
	uint64_t stray;		 /* datagrams that were no answer to what was asked */
	unsigned pending;	 /* exchanges now */
};

/* Both must outlive it. */
struct dns_upstream *dns_upstream_new(struct watch *watch, const struct way_out *way_out);
/* Pending exchanges end without a call. */
void dns_upstream_free(struct dns_upstream *upstream);

/* Whom to ask (of struct sockaddr_storage, with ports). Pending exchanges begin anew if changed. */
void dns_upstream_set_servers(struct dns_upstream *upstream, const GArray *servers);

/*
 * Asks a question, a readable one, which is copied. By TCP if by_tcp; when no server takes that, by
 * UDP. Of more than DNS_EXCHANGES_MAX the oldest ends without an answer. answered is called once,
 * not before this returns, unless the exchange is cancelled.
 */
#define DNS_EXCHANGES_MAX 256
struct dns_exchange *dns_upstream_ask(struct dns_upstream *upstream, const uint8_t *question,
				      size_t size, bool by_tcp, dns_upstream_answered answered,
				      void *opaque);
void dns_upstream_cancel(struct dns_exchange *exchange);

/* Counted since it was made. */
void dns_upstream_get_stats(const struct dns_upstream *upstream,
			    struct dns_upstream_stats *ret_stats);
