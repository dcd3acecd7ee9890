/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns - the container's resolver: its own names, and what the host's name servers know */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/dns_message.h"
#include "forwarder/egress.h"
#include "forwarder/name_table.h"
#include "forwarder/virtual_names.h"
#include "forwarder/watch.h"
#include "forwarder/way_out.h"
#include "src/dns_config.h"
#include "src/json.h"
#include "src/link_config.h"

struct dns;
struct dns_request;

/* What it works with; all must outlive it. */
struct dns_context {
	struct watch *watch;
	const struct way_out *way_out;
	const struct link_config *link;
	const struct dns_config *config;
	struct name_table *names; /* learns from the answers */
	struct egress *egress;	  /* is asked first, and learns, too; may be NULL */
	/* Answers for all names that are not the container's own; NULL: name servers do. */
	struct virtual_names *virtual_names;
};

struct dns *dns_new(const struct dns_context *context);
/* Pending requests end without a call. Accepts NULL. */
void dns_free(struct dns *dns);

/* Whom to ask (of struct sockaddr_storage, with ports), unless the configuration says whom. */
void dns_set_host_servers(struct dns *dns, const GArray *servers);

/* The answer, good until it returns; size 0: the message deserves none. */
typedef void (*dns_answered)(const uint8_t *answer, size_t size, void *opaque);

/*
 * Answers a message of the command's, which came by TCP or else by UDP, whose limits the answer
 * then keeps. answered is called once, maybe before this returns, which then returns NULL.
 */
struct dns_request *dns_ask(struct dns *dns, const uint8_t *message, size_t size, bool by_tcp,
			    dns_answered answered, void *opaque);
/* Nobody waits any more: answered is not called. */
void dns_cancel(struct dns_request *request);

/* Adds the member "dns" to an object: whom it asks, and counters. */
void dns_describe(const struct dns *dns, JsonBuilder *builder);
