/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_virtual - answers with addresses that stand for names which only a proxy resolves */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "forwarder/dns_message.h"
#include "forwarder/virtual_names.h"

/*
 * Both write to buffer (DNS_REPLY_SIZE bytes) and return the size; 0 for what they cannot answer.
 *
 * For the name of a virtual address (PTR).
 */
size_t dns_virtual_reverse(const struct virtual_names *names, const uint8_t *question,
			   const struct dns_query *query, uint8_t *buffer);

/*
 * For the addresses of a host name. Whether a name exists only the proxy could tell, so all do, but
 * for what is no host name: an address in disguise would lead to the proxy's own machine, past all
 * rules. localhost is the command's own (RFC 6761). There are no HTTPS and SVCB records (RFC 9460):
 * their addresses would be real ones.
 */
size_t dns_virtual_answer(struct virtual_names *names, const uint8_t *question,
			  const struct dns_query *query, uint8_t *buffer);
