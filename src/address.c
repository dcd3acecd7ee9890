/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address - IP addresses, prefixes and MAC addresses: parse, print, compare */
#include "src/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "src/failure.h"

static const uint8_t v4_mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};
static const uint8_t v4_compatible_prefix[12];

static unsigned address_size(const struct ip_address *address)
{
	return address->family == AF_INET ? sizeof(address->v4) : sizeof(address->v6);
}

bool ip_address_parse(const char *text, struct ip_address *ret_address, GError **error)
{
	struct ip_address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	if (inet_pton(address.family, text, address.bytes) != 1) {
		failure_set(error, 0, "write it like 192.0.2.1 or 2001:db8::1",
			    "'%s' is not an IP address", text);
		return false;
	}
	*ret_address = address;
	return true;
}

const char *ip_address_text(const struct ip_address *address, char *buffer)
{
	if (address->family == AF_UNSPEC)
		buffer[0] = '\0';
	else
		inet_ntop(address->family, address->bytes, buffer, IP_ADDRESS_TEXT_SIZE);
	return buffer;
}

bool ip_address_equal(const struct ip_address *a, const struct ip_address *b)
{
	if (a->family != b->family)
		return false;
	return a->family == AF_UNSPEC || memcmp(a->bytes, b->bytes, address_size(a)) == 0;
}

guint ip_address_hash(gconstpointer key)
{
	const struct ip_address *address = key;
	guint hash = 5381;

	for (size_t i = 0; address->family && i < ip_address_bits(address) / 8; i++)
		hash = hash * 33 + address->bytes[i];
	return hash;
}

gboolean ip_address_equal_key(gconstpointer a, gconstpointer b)
{
	return ip_address_equal(a, b);
}

bool ip_address_is_any(const struct ip_address *address)
{
	static const struct in6_addr any;

	return address->family != AF_UNSPEC &&
	       memcmp(address->bytes, &any, address_size(address)) == 0;
}

bool ip_address_is_host_loopback(const struct ip_address *address)
{
	if (address->family == AF_INET)
		return address->bytes[0] == 127 || address->bytes[0] == 0;
	if (address->family != AF_INET6)
		return false;
	if (memcmp(address->bytes, v4_mapped_prefix, sizeof(v4_mapped_prefix)) != 0 &&
	    memcmp(address->bytes, v4_compatible_prefix, sizeof(v4_compatible_prefix)) != 0)
		return false;
	/* Holds for :: and ::1 too: they read as the v4-compatible forms of 0.0.0.0 and 0.0.0.1. */
	return address->bytes[12] == 127 || address->bytes[12] == 0;
}

bool ip_address_is_multicast(const struct ip_address *address)
{
	if (address->family == AF_INET)
		return IN_MULTICAST(ntohl(address->v4.s_addr));
	return address->family == AF_INET6 && IN6_IS_ADDR_MULTICAST(&address->v6);
}

unsigned ip_address_bits(const struct ip_address *address)
{
	return address_size(address) * 8;
}

socklen_t ip_address_to_sockaddr(const struct ip_address *address, uint16_t port,
				 struct sockaddr_storage *ret_sockaddr)
{
	memset(ret_sockaddr, 0, sizeof(*ret_sockaddr));
	if (address->family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret_sockaddr;
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		in->sin_addr = address->v4;
		return sizeof(*in);
	}
	if (address->family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret_sockaddr;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		in6->sin6_addr = address->v6;
		return sizeof(*in6);
	}
	return 0;
}

bool ip_address_from_sockaddr(const struct sockaddr *sockaddr, struct ip_address *ret_address,
			      uint16_t *ret_port)
{
	struct ip_address address = {.family = AF_INET};

	if (sockaddr->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sockaddr, sizeof(in));
		address.v4 = in.sin_addr;
		*ret_port = ntohs(in.sin_port);
	} else if (sockaddr->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sockaddr, sizeof(in6));
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
			memcpy(&address.v4, &in6.sin6_addr.s6_addr[12], sizeof(address.v4));
		} else {
			address.family = AF_INET6;
			address.v6 = in6.sin6_addr;
		}
		*ret_port = ntohs(in6.sin6_port);
	} else {
		return false;
	}
	*ret_address = address;
	return true;
}

/* The address with all bits behind the first `length` cleared. */
static struct ip_address network_address(const struct ip_address *address, unsigned length)
{
	struct ip_address network = *address;

	for (unsigned i = 0; i < address_size(address); i++) {
		unsigned kept = length > i * 8 ? MIN(length - i * 8, 8) : 0;
		network.bytes[i] &= (uint8_t)(0xff00 >> kept);
	}
	return network;
}

/* Decimal digits without sign, blanks or leading zeros. */
static bool parse_prefix_length(const char *text, unsigned maximum, unsigned *ret_length)
{
	guint64 length = 0;

	if (!g_ascii_isdigit(text[0]) || (text[0] == '0' && text[1] != '\0') ||
	    !g_ascii_string_to_unsigned(text, 10, 0, maximum, &length, NULL))
		return false;
	*ret_length = (unsigned)length;
	return true;
}

bool ip_prefix_parse(const char *text, struct ip_prefix *ret_prefix, GError **error)
{
	const char *slash = strchr(text, '/');
	struct ip_prefix prefix;

	if (!slash) {
		failure_set(error, 0, "write it like 10.0.2.0/24 or fd00::/64",
			    "'%s' is not a network: the prefix length is missing", text);
		return false;
	}
	g_autofree char *address_text = g_strndup(text, (gsize)(slash - text));
	struct ip_address address;
	if (!ip_address_parse(address_text, &address, error))
		return false;
	unsigned bits = ip_address_bits(&address);
	if (!parse_prefix_length(slash + 1, bits, &prefix.length)) {
		g_autofree char *cure = g_strdup_printf("take a number from 0 to %u", bits);
		failure_set(error, 0, cure, "'%s' has a bad prefix length", text);
		return false;
	}
	prefix.address = network_address(&address, prefix.length);
	if (!ip_address_equal(&prefix.address, &address)) {
		g_autofree char *network = ip_prefix_to_string(&prefix);
		g_autofree char *cure = g_strdup_printf("the network is %s", network);
		failure_set(error, 0, cure, "'%s' is not a network: host bits are set", text);
		return false;
	}
	*ret_prefix = prefix;
	return true;
}

struct ip_prefix ip_prefix_around(const struct ip_address *address, unsigned length)
{
	return (struct ip_prefix){network_address(address, length), length};
}

bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_address *address)
{
	if (address->family == AF_UNSPEC || address->family != prefix->address.family)
		return false;

	struct ip_address network = network_address(address, prefix->length);
	return ip_address_equal(&network, &prefix->address);
}

bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b)
{
	const struct ip_prefix *wider = a->length <= b->length ? a : b;
	const struct ip_prefix *narrower = wider == a ? b : a;

	return ip_prefix_contains(wider, &narrower->address);
}

struct ip_address ip_prefix_host(const struct ip_prefix *prefix, uint32_t n)
{
	struct ip_address host = prefix->address;
	uint8_t *tail = host.bytes + address_size(&host) - sizeof(n);
	uint32_t value;

	memcpy(&value, tail, sizeof(value));
	value = htonl(ntohl(value) + n);
	memcpy(tail, &value, sizeof(value));
	return host;
}

struct in_addr ip_prefix_netmask(const struct ip_prefix *prefix)
{
	uint32_t mask = prefix->length ? UINT32_MAX << (32 - prefix->length) : 0;

	return (struct in_addr){.s_addr = htonl(mask)};
}

char *ip_prefix_to_string(const struct ip_prefix *prefix)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	return g_strdup_printf("%s/%u", ip_address_text(&prefix->address, text), prefix->length);
}

/* Six pairs of hexadecimal digits with colons between them. */
static bool parse_mac_bytes(const char *text, struct mac_address *ret_mac)
{
	if (strlen(text) != ETH_ALEN * 3 - 1)
		return false;
	for (unsigned i = 0; i < ETH_ALEN; i++, text += 3) {
		char end = i == ETH_ALEN - 1 ? '\0' : ':';
		if (!g_ascii_isxdigit(text[0]) || !g_ascii_isxdigit(text[1]) || text[2] != end)
			return false;
		ret_mac->bytes[i] = (uint8_t)(g_ascii_xdigit_value(text[0]) << 4 |
					      g_ascii_xdigit_value(text[1]));
	}
	return true;
}

bool mac_address_random(struct mac_address *ret_mac, GError **error)
{
	if (getrandom(ret_mac->bytes, sizeof(ret_mac->bytes), 0) < 0)
		return failure_errno(error, "getrandom");
	ret_mac->bytes[0] = 0x5a;
	return true;
}

bool mac_address_is_zero(const struct mac_address *mac)
{
	static const struct mac_address zero;

	return memcmp(mac, &zero, sizeof(zero)) == 0;
}

bool mac_address_parse(const char *text, struct mac_address *ret_mac, GError **error)
{
	const char *cure = "write it like 02:00:00:12:34:56";
	struct mac_address mac;

	if (!parse_mac_bytes(text, &mac)) {
		failure_set(error, 0, cure, "'%s' is not a MAC address", text);
		return false;
	}
	if (mac.bytes[0] & 1) {
		failure_set(error, 0, "the first byte must be even, as in 02:00:00:12:34:56",
			    "'%s' is a multicast MAC address", text);
		return false;
	}
	if (mac_address_is_zero(&mac)) {
		failure_set(error, 0, cure, "the MAC address is all zero");
		return false;
	}
	*ret_mac = mac;
	return true;
}

char *mac_address_to_string(const struct mac_address *mac)
{
	const uint8_t *bytes = mac->bytes;

	return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2],
			       bytes[3], bytes[4], bytes[5]);
}
