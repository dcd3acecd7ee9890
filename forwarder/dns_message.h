/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_message - what questions ask and what answers say (RFC 1035, 6891) */
#pragma once

#include <arpa/nameser.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "src/address.h"

#define DNS_PORT 53
/* Largest message, and what UDP may carry to a client that does not say more (RFC 1035 4.2.1). */
#define DNS_MESSAGE_MAX 65535
#define DNS_UDP_MIN	512

/* A question as a client asks it. */
struct dns_query {
	/* Lower case, without a dot at its end, escaped as in RFC 1035 5.1; "" is the root. */
	char name[NS_MAXDNAME];
	uint16_t type, class;
	size_t question_end; /* in the message; NS_HFIXEDSZ when there is no readable question */
	bool has_edns;
	uint16_t udp_size; /* of the largest answer that the client takes by UDP, DNS_UDP_MIN.. */
};

/*
 * Reads a question. Returns ns_r_noerror, or the code to answer with: ns_r_formerr, ns_r_notimpl
 * (also for zone transfers, whose answers are many messages). -1 for what deserves no answer.
 * Message and query then suit dns_reply.h in any case but the last.
 */
int dns_query_read(const uint8_t *message, size_t size, struct dns_query *ret_query);

/* What tells the answers of one client apart; the message has at least its header. */
uint16_t dns_message_id(const uint8_t *message);
/* Puts another id in its place. */
void dns_message_set_id(uint8_t *message, uint16_t id);

enum dns_answer_kind {
	DNS_STRAY,   /* of another question, or no answer at all: goes on waiting */
	DNS_FAILURE, /* this server cannot tell; another may */
	DNS_ANSWER,
};

/*
 * What a name server's message is for a question that was sent to it with this id. An answer is
 * well-formed as a whole, unless it is marked as truncated.
 */
enum dns_answer_kind dns_answer_judge(const uint8_t *message, size_t size,
				      const struct dns_query *query, uint16_t id);

/* True if all records can be read, whatever they are. */
bool dns_message_is_well_formed(const uint8_t *data, size_t size);

/* True if the answer says that it does not fit the datagram. */
bool dns_answer_is_truncated(const uint8_t *message, size_t size);

struct dns_address {
	struct ip_address address;
	uint32_t ttl_s; /* the smallest on the way to it */
};

/* Where the name of a question leads. */
struct dns_answer {
	GPtrArray *names;  /* of char *, as in struct dns_query: the question's, then its aliases */
	GArray *addresses; /* of struct dns_address: of any of these names */
};

/*
 * Reads the addresses (A, AAAA) out of an answer, by the aliases (CNAME) that it names. Records of
 * other names are not looked at. Nothing that is malformed gets in.
 */
void dns_answer_init(struct dns_answer *answer, const struct dns_query *query,
		     const uint8_t *message, size_t size);
void dns_answer_done(struct dns_answer *answer);
