/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_reply - answers that the forwarder gives itself */
#include "forwarder/dns_reply.h"

#include <resolv.h>
#include <string.h>

/* Names of ours change only with the container's options. */
#define TTL_S 60

#define FLAG_QR 0x80
#define FLAG_TC 0x02
#define FLAG_RD 0x01
#define FLAG_RA 0x80
#define OPCODE	0x78

/* What it answers with EDNS (RFC 6891 6.1.2): no options, and 1232 bytes as most take now. */
static const uint8_t opt_record[] = {0, 0, ns_t_opt, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, 0};

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Header and question; counts are the question's and, if the client speaks EDNS, ours of it. */
static size_t begin(const uint8_t *question, const struct dns_query *query, unsigned code,
		    uint8_t *buffer)
{
	memset(buffer, 0, NS_HFIXEDSZ);
	memcpy(buffer, question, query->question_end);
	buffer[2] = (uint8_t)(FLAG_QR | (question[2] & (OPCODE | FLAG_RD)));
	buffer[3] = (uint8_t)(FLAG_RA | code);
	put16(buffer + 4, query->question_end > NS_HFIXEDSZ);
	put16(buffer + 6, 0);
	put16(buffer + 8, 0);
	put16(buffer + 10, query->has_edns);
	return query->question_end;
}

static size_t finish(const struct dns_query *query, uint8_t *buffer, size_t size)
{
	if (!query->has_edns)
		return size;
	memcpy(buffer + size, opt_record, sizeof(opt_record));
	return size + sizeof(opt_record);
}

size_t dns_reply_code(const uint8_t *question, const struct dns_query *query, unsigned code,
		      uint8_t *buffer)
{
	return finish(query, buffer, begin(question, query, code, buffer));
}

size_t dns_reply_truncated(const uint8_t *question, const struct dns_query *query, uint8_t *buffer)
{
	size_t size = dns_reply_code(question, query, ns_r_noerror, buffer);

	buffer[2] |= FLAG_TC;
	return size;
}

static bool is_asked(const struct dns_query *query, const struct ip_address *address)
{
	return query->class == ns_c_in &&
	       (query->type == ns_t_any ||
		query->type == (address->family == AF_INET ? ns_t_a : ns_t_aaaa));
}

/* What is in front of a record's data. Returns its size. */
static size_t put_record(uint8_t *at, unsigned type, size_t size)
{
	const struct {
		uint8_t name[2], type[2], class[2], ttl[4], size[2];
	} record = {
		{0xc0, NS_HFIXEDSZ}, /* the question's (RFC 1035 4.1.4) */
		{0, (uint8_t)type},  {0, ns_c_in},
		{0, 0, 0, TTL_S},    {(uint8_t)(size >> 8), (uint8_t)size},
	};

	memcpy(at, &record, sizeof(record));
	return sizeof(record);
}

static size_t put_address(uint8_t *at, const struct ip_address *address)
{
	size_t size = ip_address_bits(address) / 8;
	size_t head = put_record(at, address->family == AF_INET ? ns_t_a : ns_t_aaaa, size);

	memcpy(at + head, address->bytes, size);
	return head + size;
}

size_t dns_reply_addresses(const uint8_t *question, const struct dns_query *query,
			   const struct ip_address *addresses, size_t n, uint8_t *buffer)
{
	size_t size = begin(question, query, ns_r_noerror, buffer);
	size_t n_asked = 0;

	for (size_t i = 0; i < n && n_asked < DNS_REPLY_ADDRESSES_MAX; i++) {
		if (!is_asked(query, &addresses[i]))
			continue;
		size += put_address(buffer + size, &addresses[i]);
		n_asked++;
	}
	put16(buffer + 6, n_asked);
	return finish(query, buffer, size);
}

size_t dns_reply_name(const uint8_t *question, const struct dns_query *query, const char *name,
		      uint8_t *buffer)
{
	uint8_t data[NS_MAXCDNAME];
	size_t size = begin(question, query, ns_r_noerror, buffer);
	int length = dn_comp(name, data, sizeof(data), NULL, NULL);

	if (length <= 0)
		return dns_reply_code(question, query, ns_r_servfail, buffer);
	size += put_record(buffer + size, ns_t_ptr, (size_t)length);
	memcpy(buffer + size, data, (size_t)length);
	put16(buffer + 6, 1);
	return finish(query, buffer, size + (size_t)length);
}
