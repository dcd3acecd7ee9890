/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_endpoint - an address and a port, as UDP's tables and control messages need them */
#include "forwarder/udp_endpoint.h"

bool udp_endpoint_equal(const struct udp_endpoint *a, const struct udp_endpoint *b)
{
	return a->port == b->port && a->scope == b->scope &&
	       ip_address_equal(&a->address, &b->address);
}

guint udp_endpoint_hash(const struct udp_endpoint *endpoint)
{
	size_t size = ip_address_bits(&endpoint->address) / 8;
	guint hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ endpoint->address.bytes[i]) * 16777619u;
	return (hash ^ endpoint->port) * 16777619u;
}

bool udp_endpoint_from_sockaddr(const struct sockaddr *sockaddr, struct udp_endpoint *ret_endpoint)
{
	struct udp_endpoint endpoint = {0};

	if (!ip_address_from_sockaddr(sockaddr, &endpoint.address, &endpoint.port))
		return false;
	if (sockaddr->sa_family == AF_INET6)
		endpoint.scope =
			((const struct sockaddr_in6 *)(const void *)sockaddr)->sin6_scope_id;
	*ret_endpoint = endpoint;
	return true;
}

socklen_t udp_endpoint_to_sockaddr(const struct udp_endpoint *endpoint,
				   struct sockaddr_storage *ret_sockaddr)
{
	socklen_t size = ip_address_to_sockaddr(&endpoint->address, endpoint->port, ret_sockaddr);

	if (endpoint->address.family == AF_INET6)
		((struct sockaddr_in6 *)ret_sockaddr)->sin6_scope_id = endpoint->scope;
	return size;
}
