/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_message - what questions ask and what answers say (RFC 1035, 6891) */
#include "forwarder/dns_message.h"

#include <limits.h>
#include <resolv.h>
#include <string.h>

/*
 * How it works
 *
 * The C library's parser (ns_initparse(), ns_parserr()) reads the messages: getaddrinfo() trusts
 * it, it checks every length, and its names come out escaped. ldns, which could do the same, takes
 * libcrypto along, which costs each start more than the whole forwarder.
 */

#define ALIASES_MAX 16
#define FLAGS_AT    2
#define FLAG_TC	    0x0200

static uint16_t get16(const uint8_t *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

uint16_t dns_message_id(const uint8_t *message)
{
	return get16(message);
}

void dns_message_set_id(uint8_t *message, uint16_t id)
{
	message[0] = (uint8_t)(id >> 8);
	message[1] = (uint8_t)id;
}

static bool parse(const uint8_t *data, size_t size, ns_msg *ret_message)
{
	return size <= INT_MAX && ns_initparse(data, (int)size, ret_message) == 0;
}

static void lower(char *name)
{
	for (; *name; name++)
		*name = g_ascii_tolower(*name);
}

/* The first question; false when there is none. Compression there would point at the header. */
static bool read_question(const uint8_t *message, size_t size, struct dns_query *query)
{
	const uint8_t *end = message + size;
	size_t at = NS_HFIXEDSZ;

	while (at < size && message[at] && message[at] < 0x40)
		at += message[at] + 1u;
	if (at + 1 + 2 * NS_INT16SZ > size || message[at])
		return false;
	if (dn_expand(message, end, message + NS_HFIXEDSZ, query->name, sizeof(query->name)) < 0)
		return false;
	lower(query->name);
	query->type = get16(message + at + 1);
	query->class = get16(message + at + 3);
	query->question_end = at + 1 + 2 * NS_INT16SZ;
	return true;
}

/* False when a record is malformed. */
static bool read_edns(ns_msg *message, struct dns_query *query)
{
	for (int i = 0; i < ns_msg_count(*message, ns_s_ar); i++) {
		ns_rr record;

		if (ns_parserr(message, ns_s_ar, i, &record) < 0)
			return false;
		if (ns_rr_type(record) != ns_t_opt)
			continue;
		query->has_edns = true;
		query->udp_size = (uint16_t)MAX(ns_rr_class(record), DNS_UDP_MIN);
	}
	return true;
}

int dns_query_read(const uint8_t *data, size_t size, struct dns_query *ret_query)
{
	struct dns_query query = {.question_end = NS_HFIXEDSZ, .udp_size = DNS_UDP_MIN};
	bool is_readable;
	ns_msg message;

	if (size < NS_HFIXEDSZ || size > DNS_MESSAGE_MAX || data[FLAGS_AT] & 0x80)
		return -1;
	is_readable = parse(data, size, &message) && ns_msg_count(message, ns_s_qd) == 1 &&
		      read_question(data, size, &query) && read_edns(&message, &query);
	*ret_query = query;
	if ((data[FLAGS_AT] >> 3 & 0xf) != ns_o_query)
		return ns_r_notimpl;
	if (!is_readable)
		return ns_r_formerr;
	return query.type == ns_t_axfr || query.type == ns_t_ixfr ? ns_r_notimpl : ns_r_noerror;
}

/* --- answers --- */

bool dns_answer_is_truncated(const uint8_t *message, size_t size)
{
	return size >= NS_HFIXEDSZ && get16(message + FLAGS_AT) & FLAG_TC;
}

static bool is_same_question(const struct dns_query *a, const struct dns_query *b)
{
	return a->type == b->type && a->class == b->class && g_str_equal(a->name, b->name);
}

bool dns_message_is_well_formed(const uint8_t *data, size_t size)
{
	ns_msg message;

	if (!parse(data, size, &message))
		return false;
	for (ns_sect section = ns_s_qd; section < ns_s_max; section++) {
		for (int i = 0; i < ns_msg_count(message, section); i++) {
			ns_rr record;

			if (ns_parserr(&message, section, i, &record) < 0)
				return false;
		}
	}
	return true;
}

enum dns_answer_kind dns_answer_judge(const uint8_t *message, size_t size,
				      const struct dns_query *query, uint16_t id)
{
	struct dns_query echo;

	if (size < NS_HFIXEDSZ || size > DNS_MESSAGE_MAX || dns_message_id(message) != id ||
	    (message[FLAGS_AT] & 0xf8) != 0x80)
		return DNS_STRAY;
	unsigned code = message[FLAGS_AT + 1] & 0xf;
	unsigned n_questions = get16(message + 4);
	/* Some leave the question out of a refusal. To believe that cannot mislead anybody. */
	if (n_questions == 0 && code != ns_r_noerror && code != ns_r_nxdomain)
		return DNS_FAILURE;
	if (n_questions != 1 || !read_question(message, size, &echo) ||
	    !is_same_question(query, &echo))
		return DNS_STRAY;
	if (code == ns_r_servfail || code == ns_r_notimpl || code == ns_r_refused)
		return DNS_FAILURE;
	if (dns_answer_is_truncated(message, size) || dns_message_is_well_formed(message, size))
		return DNS_ANSWER;
	return DNS_FAILURE;
}

static bool read_address(const ns_rr *record, struct ip_address *ret_address)
{
	struct ip_address address = {0};

	if (ns_rr_type(*record) == ns_t_a && ns_rr_rdlen(*record) == sizeof(address.v4))
		address.family = AF_INET;
	else if (ns_rr_type(*record) == ns_t_aaaa && ns_rr_rdlen(*record) == sizeof(address.v6))
		address.family = AF_INET6;
	else
		return false;
	memcpy(address.bytes, ns_rr_rdata(*record), ns_rr_rdlen(*record));
	*ret_address = address;
	return true;
}

static bool is_of(const ns_rr *record, const char *name)
{
	return ns_rr_class(*record) == ns_c_in &&
	       g_ascii_strcasecmp(ns_rr_name(*record), name) == 0;
}

/* The name that another is an alias of, or NULL. */
static char *find_alias(ns_msg *message, const char *name, uint32_t *ttl_s)
{
	char target[NS_MAXDNAME];
	ns_rr record;

	for (int i = 0; i < ns_msg_count(*message, ns_s_an); i++) {
		if (ns_parserr(message, ns_s_an, i, &record) < 0)
			return NULL;
		if (ns_rr_type(record) != ns_t_cname || !is_of(&record, name) ||
		    dn_expand(ns_msg_base(*message), ns_msg_end(*message), ns_rr_rdata(record),
			      target, sizeof(target)) < 0)
			continue;
		lower(target);
		*ttl_s = MIN(*ttl_s, ns_rr_ttl(record));
		return g_strdup(target);
	}
	return NULL;
}

static void add_addresses(struct dns_answer *answer, ns_msg *message, const char *name,
			  uint32_t ttl_s)
{
	ns_rr record;

	for (int i = 0; i < ns_msg_count(*message, ns_s_an); i++) {
		struct dns_address address;

		if (ns_parserr(message, ns_s_an, i, &record) < 0)
			return;
		if (!is_of(&record, name) || !read_address(&record, &address.address))
			continue;
		address.ttl_s = MIN(ttl_s, ns_rr_ttl(record));
		g_array_append_val(answer->addresses, address);
	}
}

static bool has_name(const GPtrArray *names, const char *name)
{
	for (guint i = 0; i < names->len; i++)
		if (g_str_equal(g_ptr_array_index(names, i), name))
			return true;
	return false;
}

void dns_answer_init(struct dns_answer *answer, const struct dns_query *query, const uint8_t *data,
		     size_t size)
{
	uint32_t ttl_s = UINT32_MAX;
	ns_msg message;
	char *alias = g_strdup(query->name);

	answer->names = g_ptr_array_new_with_free_func(g_free);
	answer->addresses = g_array_new(FALSE, FALSE, sizeof(struct dns_address));
	g_ptr_array_add(answer->names, alias);
	if (!dns_message_is_well_formed(data, size) || !parse(data, size, &message))
		return;
	add_addresses(answer, &message, alias, ttl_s);
	while (answer->names->len <= ALIASES_MAX) {
		alias = find_alias(&message, alias, &ttl_s);
		if (!alias || has_name(answer->names, alias)) {
			g_free(alias);
			return;
		}
		g_ptr_array_add(answer->names, alias);
		add_addresses(answer, &message, alias, ttl_s);
	}
}

void dns_answer_done(struct dns_answer *answer)
{
	g_ptr_array_unref(answer->names);
	g_array_unref(answer->addresses);
}
