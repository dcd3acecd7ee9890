/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address - IP addresses, prefixes and MAC addresses: parse, print, compare */
#pragma once

#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/* One address of either family, in network byte order. family AF_UNSPEC means unset. */
struct ip_address {
	sa_family_t family;
	union {
		struct in_addr v4;
		struct in6_addr v6;
		uint8_t bytes[16];
	};
};

/* A CIDR block; address is its network address (host bits are zero). length is in bits. */
struct ip_prefix {
	struct ip_address address;
	unsigned length;
};

struct mac_address {
	uint8_t bytes[ETH_ALEN];
};

/* Longest text of an address with brackets, scope and terminator. */
#define IP_ADDRESS_TEXT_SIZE (INET6_ADDRSTRLEN + 2)

/* Parses an IPv4 dotted quad or an IPv6 address (RFC 4291), without brackets. */
bool ip_address_parse(const char *text, struct ip_address *ret_address, GError **error);

/* Prints the address into buffer (IP_ADDRESS_TEXT_SIZE bytes) and returns buffer; "" when unset. */
const char *ip_address_text(const struct ip_address *address, char *buffer);

/* Same family and address; two unset ones are equal. */
bool ip_address_equal(const struct ip_address *a, const struct ip_address *b);

/* The same for a GHashTable, whose keys are of struct ip_address or begin with one. */
guint ip_address_hash(gconstpointer address);
gboolean ip_address_equal_key(gconstpointer a, gconstpointer b);

/* The all-zero address of the family. */
bool ip_address_is_any(const struct ip_address *address);

/*
 * True for every form by which a Linux host reaches itself without naming one of its interfaces:
 * 127.0.0.0/8, 0.0.0.0/8 (connect() takes it for loopback), ::1, :: and their v4-mapped and
 * v4-compatible forms (::ffff:0:0/96, ::/96).
 */
bool ip_address_is_host_loopback(const struct ip_address *address);

/* Of IPv4 or IPv6. */
bool ip_address_is_multicast(const struct ip_address *address);

/* The family's address length in bits: 32 or 128. */
unsigned ip_address_bits(const struct ip_address *address);

/* Fills a sockaddr_in or sockaddr_in6 (port in host order); returns its length, 0 when unset. */
socklen_t ip_address_to_sockaddr(const struct ip_address *address, uint16_t port,
				 struct sockaddr_storage *ret_sockaddr);

/*
 * Takes address and port (host order) from a sockaddr; a v4-mapped IPv6 address becomes IPv4. False
 * for another family, the outputs untouched.
 */
bool ip_address_from_sockaddr(const struct sockaddr *sockaddr, struct ip_address *ret_address,
			      uint16_t *ret_port);

/*
 * Parses "ADDRESS/LENGTH". Host bits that are set are an error whose cure names the network
 * address.
 */
bool ip_prefix_parse(const char *text, struct ip_prefix *ret_prefix, GError **error);

/* The prefix of this length that the address is in. */
struct ip_prefix ip_prefix_around(const struct ip_address *address, unsigned length);

/* False for an address of the other family. */
bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_address *address);

/* True when one prefix contains the other. A prefix of length 0 (default route) overlaps all. */
bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b);

/* The prefix's network address plus n (n < 2^32), e.g. n=2 of 10.0.2.0/24 is 10.0.2.2. */
struct ip_address ip_prefix_host(const struct ip_prefix *prefix, uint32_t n);

/* The netmask of an IPv4 prefix. */
struct in_addr ip_prefix_netmask(const struct ip_prefix *prefix);

/* "ADDRESS/LENGTH"; the caller owns the string. */
char *ip_prefix_to_string(const struct ip_prefix *prefix);

/* Parses xx:xx:xx:xx:xx:xx (hex). Multicast and all-zero addresses are errors. */
bool mac_address_parse(const char *text, struct mac_address *ret_mac, GError **error);

/*
 * A new address: locally administered, unicast (IEEE 802), and never the gateway link's own
 * (src/gateway_marker.h).
 */
bool mac_address_random(struct mac_address *ret_mac, GError **error);

/* The address that no device has, and that stands for none. */
bool mac_address_is_zero(const struct mac_address *mac);

/* "xx:xx:xx:xx:xx:xx"; the caller owns the string. */
char *mac_address_to_string(const struct mac_address *mac);
