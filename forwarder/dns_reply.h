/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_reply - answers that the forwarder gives itself */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forwarder/dns_message.h"

/* Room for any of them: they fit the smallest datagram. */
#define DNS_REPLY_SIZE DNS_UDP_MIN
/* So many addresses fit. */
#define DNS_REPLY_ADDRESSES_MAX 8

/*
 * Builds the answer without records to a question, which is read to query, into buffer
 * (DNS_REPLY_SIZE bytes), with a code of ns_r_*. Returns its size.
 */
size_t dns_reply_code(const uint8_t *question, const struct dns_query *query, unsigned code,
		      uint8_t *buffer);

/* The same, saying that the answer does not fit: ask by TCP (RFC 7766). */
size_t dns_reply_truncated(const uint8_t *question, const struct dns_query *query, uint8_t *buffer);

/*
 * Answers with those of addresses (n of them) that are of the asked type; with none, there is no
 * such record (RFC 2308 2.2).
 */
size_t dns_reply_addresses(const uint8_t *question, const struct dns_query *query,
			   const struct ip_address *addresses, size_t n, uint8_t *buffer);

/* Answers a question for the name of an address (PTR); name is a host name. */
size_t dns_reply_name(const uint8_t *question, const struct dns_query *query, const char *name,
		      uint8_t *buffer);
