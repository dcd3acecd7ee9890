/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_virtual - answers with addresses that stand for names which only a proxy resolves */
#include "forwarder/dns_virtual.h"

#include <string.h>

#include "forwarder/dns_reply.h"
#include "src/egress_rule.h"

/* RFC 9460; the C library has no names for them yet. */
#define TYPE_SVCB  64
#define TYPE_HTTPS 65

#define NIBBLES 32

/*
 * Whoever resolves it may take it for an address: a last label that is a number, as inet_aton(3)
 * reads it, also a hexadecimal one. Decimal ones are no host names anyway.
 */
static bool ends_in_number(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot ? dot + 1 : name;

	return g_str_has_prefix(last, "0x") && !last[2 + strspn(last + 2, "0123456789abcdef")];
}

static bool is_localhost(const char *name)
{
	return g_str_equal(name, "localhost") || g_str_has_suffix(name, ".localhost");
}

static void set_loopback(struct ip_address ret_addresses[2])
{
	ret_addresses[0] =
		(struct ip_address){.family = AF_INET, .v4.s_addr = htonl(INADDR_LOOPBACK)};
	ret_addresses[1] = (struct ip_address){.family = AF_INET6, .v6 = IN6ADDR_LOOPBACK_INIT};
}

static size_t answer_addresses(struct virtual_names *names, const uint8_t *question,
			       const struct dns_query *query, uint8_t *buffer)
{
	g_autofree char *name = egress_name_parse(query->name, NULL);
	struct ip_address addresses[2];

	if (!name || ends_in_number(name))
		return dns_reply_code(question, query, ns_r_nxdomain, buffer);
	if (is_localhost(name))
		set_loopback(addresses);
	else if (!virtual_names_lend(names, name, addresses))
		return dns_reply_code(question, query, ns_r_servfail, buffer);
	return dns_reply_addresses(question, query, addresses, G_N_ELEMENTS(addresses), buffer);
}

/* RFC 1035 3.5. */
static bool read_reverse_v4(const char *name, struct ip_address *ret_address)
{
	g_auto(GStrv) labels = g_strsplit(name, ".", -1);

	if (g_strv_length(labels) != 6 || !g_str_has_suffix(name, ".in-addr.arpa"))
		return false;
	g_autofree char *text =
		g_strdup_printf("%s.%s.%s.%s", labels[3], labels[2], labels[1], labels[0]);
	return ip_address_parse(text, ret_address, NULL) && ret_address->family == AF_INET;
}

/* RFC 3596 2.5. */
static bool read_reverse_v6(const char *name, struct ip_address *ret_address)
{
	struct ip_address address = {.family = AF_INET6};

	if (strlen(name) < 2 * NIBBLES || strcmp(name + 2 * NIBBLES, "ip6.arpa") != 0)
		return false;
	for (unsigned i = 0; i < NIBBLES; i++) {
		unsigned nibble = NIBBLES - 1 - i;
		int value = g_ascii_xdigit_value(name[2 * i]);

		if (value < 0 || name[2 * i + 1] != '.')
			return false;
		address.bytes[nibble / 2] |= (uint8_t)(nibble % 2 ? value : value << 4);
	}
	*ret_address = address;
	return true;
}

size_t dns_virtual_reverse(const struct virtual_names *names, const uint8_t *question,
			   const struct dns_query *query, uint8_t *buffer)
{
	struct ip_address address;

	if (query->class != ns_c_in || query->type != ns_t_ptr ||
	    (!read_reverse_v4(query->name, &address) && !read_reverse_v6(query->name, &address)) ||
	    !virtual_names_contain(names, &address))
		return 0;
	const char *name = virtual_names_find(names, &address);
	return name ? dns_reply_name(question, query, name, buffer)
		    : dns_reply_code(question, query, ns_r_nxdomain, buffer);
}

size_t dns_virtual_answer(struct virtual_names *names, const uint8_t *question,
			  const struct dns_query *query, uint8_t *buffer)
{
	if (query->class != ns_c_in)
		return 0;
	switch (query->type) {
	case ns_t_a:
	case ns_t_aaaa:
	case ns_t_any:
		return answer_addresses(names, question, query, buffer);
	case TYPE_SVCB:
	case TYPE_HTTPS:
		return dns_reply_code(question, query, ns_r_noerror, buffer);
	default:
		return 0;
	}
}
