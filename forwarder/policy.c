/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy - may this packet leave the command's namespace? */
#include "forwarder/policy.h"

#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

#include "forwarder/stack_alias.h"

/*
 * How it works
 *
 * classify() sorts a destination into one of a few kinds; the kind, and for the host's own kinds
 * the protocol and port, decide. Frames are judged by more than their flow: their source must be
 * one that the command can have, and what has no readable ports (fragments, extension headers)
 * never gets near the host.
 */

#define DNS_PORT	 53
#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68

#define N_PORTS 65536

enum destination {
	DESTINATION_OUTSIDE,	   /* beyond the host */
	DESTINATION_GATEWAY,	   /* the gateway's alias: the host */
	DESTINATION_DNS,	   /* the resolver's alias */
	DESTINATION_HOST_ADDRESS,  /* the alias of the host at the command's address */
	DESTINATION_HOST_LOOPBACK, /* what the host would take for itself, see is_host_form() */
	DESTINATION_NEIGHBOUR,	   /* what IPv6 neighbour discovery speaks to */
	DESTINATION_NOBODY,	   /* unassigned on the link, broadcast, multicast, family is off */
};

struct policy {
	struct link_network v4, v6;
	bool opens_all;
	bool no_dns;
	bool only_tcp; /* to outside */
	/* One bit a port of the host's loopback: the lookup runs once per packet. */
	uint32_t open_tcp[N_PORTS / 32], open_udp[N_PORTS / 32];
	struct egress *egress; /* may be NULL */
};

static void open_port(struct policy *policy, const struct host_port *port)
{
	uint32_t *open = port->protocol == IPPROTO_TCP ? policy->open_tcp : policy->open_udp;

	open[port->port / 32] |= 1U << port->port % 32;
}

struct policy *policy_new(const struct link_config *link, const struct host_access *access)
{
	struct policy *policy = g_new0(struct policy, 1);

	policy->v4 = link->v4;
	policy->v6 = link->v6;
	policy->opens_all = access->all;
	policy->no_dns = access->no_dns;
	for (guint i = 0; access->ports && i < access->ports->len; i++)
		open_port(policy, &g_array_index(access->ports, struct host_port, i));
	return policy;
}

void policy_only_tcp(struct policy *policy)
{
	policy->only_tcp = true;
}

void policy_free(struct policy *policy)
{
	g_free(policy);
}

void policy_set_egress(struct policy *policy, struct egress *egress)
{
	policy->egress = egress;
}

bool policy_lets_all_out(const struct policy *policy)
{
	return egress_is_open(policy->egress);
}

static const struct link_network *network_of(const struct policy *policy,
					     const struct ip_address *address)
{
	return address->family == AF_INET ? &policy->v4 : &policy->v6;
}

static bool is_limited_broadcast(const struct ip_address *address)
{
	return address->family == AF_INET && address->v4.s_addr == htonl(INADDR_BROADCAST);
}

/* fe80::/10 and ff02::/16. */
static bool is_link_scope(const struct ip_address *address)
{
	return address->family == AF_INET6 &&
	       (IN6_IS_ADDR_LINKLOCAL(&address->v6) || IN6_IS_ADDR_MC_LINKLOCAL(&address->v6));
}

/*
 * Loopback, and IPv6 addresses that carry an IPv4 one (RFC 4291 2.5.5): the host would speak IPv4
 * to them, past whatever holds for IPv4.
 */
static bool is_host_form(const struct ip_address *address)
{
	if (ip_address_is_host_loopback(address))
		return true;
	return address->family == AF_INET6 &&
	       (IN6_IS_ADDR_V4MAPPED(&address->v6) || IN6_IS_ADDR_V4COMPAT(&address->v6));
}

static bool is_subnet_broadcast(const struct ip_prefix *prefix, const struct ip_address *address)
{
	struct ip_address last = prefix->address;

	/* Below a length of 1 there is no subnet, and above 30 no broadcast (RFC 3021). */
	if (address->family != AF_INET || prefix->length == 0 || prefix->length > 30)
		return false;
	last.v4.s_addr |= ~ip_prefix_netmask(prefix).s_addr;
	return ip_address_equal(address, &last);
}

/* On a network of the link's own, whatever is not one of the three addresses is nobody. */
static bool is_nobody(const struct link_network *network, const struct ip_address *address)
{
	if (!network->is_shared)
		return ip_prefix_contains(&network->prefix, address);
	return ip_address_equal(address, &network->command) ||
	       is_subnet_broadcast(&network->prefix, address) || stack_alias_is_internal(address);
}

static enum destination classify(const struct policy *policy, const struct ip_address *address)
{
	const struct link_network *network = network_of(policy, address);

	if (!network->enabled)
		return DESTINATION_NOBODY;
	if (ip_address_equal(address, &network->gateway))
		return DESTINATION_GATEWAY;
	if (ip_address_equal(address, &network->dns))
		return DESTINATION_DNS;
	if (ip_address_equal(address, &network->host))
		return DESTINATION_HOST_ADDRESS;
	if (is_host_form(address))
		return DESTINATION_HOST_LOOPBACK;
	if (is_link_scope(address))
		return DESTINATION_NEIGHBOUR;
	/* libslirp takes every other IPv6 address of its prefix for the host's loopback. */
	if (is_nobody(network, address) || ip_address_is_multicast(address) ||
	    is_limited_broadcast(address))
		return DESTINATION_NOBODY;
	return DESTINATION_OUTSIDE;
}

static bool opens_loopback(const struct policy *policy, const struct link_network *network,
			   int protocol, uint16_t port)
{
	const uint32_t *open = protocol == IPPROTO_TCP ? policy->open_tcp : policy->open_udp;

	return !network->hides_loopback && (policy->opens_all || open[port / 32] & 1U << port % 32);
}

static enum policy_verdict check_flow(const struct policy *policy, int protocol,
				      const struct ip_address *destination, uint16_t port)
{
	const struct link_network *network = network_of(policy, destination);

	switch (classify(policy, destination)) {
	case DESTINATION_OUTSIDE:
		return policy->only_tcp && protocol != IPPROTO_TCP ? POLICY_REJECT : POLICY_PASS;
	case DESTINATION_GATEWAY:
		return opens_loopback(policy, network, protocol, port) ? POLICY_PASS
								       : POLICY_REJECT;
	case DESTINATION_HOST_ADDRESS:
		return network->opens_host ? POLICY_PASS : POLICY_REJECT;
	case DESTINATION_DNS:
		return port == DNS_PORT && !policy->no_dns ? POLICY_PASS : POLICY_REJECT;
	case DESTINATION_HOST_LOOPBACK:
		return POLICY_REJECT;
	case DESTINATION_NEIGHBOUR:
	case DESTINATION_NOBODY:
		break;
	}
	return POLICY_DROP;
}

bool policy_is_outside(const struct policy *policy, const struct ip_address *destination)
{
	return classify(policy, destination) == DESTINATION_OUTSIDE;
}

/* What egress has a say in: what leaves this process for somebody else than its name servers. */
static bool is_for_egress(enum destination destination)
{
	return destination == DESTINATION_OUTSIDE || destination == DESTINATION_GATEWAY ||
	       destination == DESTINATION_HOST_ADDRESS;
}

enum policy_verdict policy_check_flow(const struct policy *policy, int protocol,
				      const struct ip_address *destination, uint16_t port,
				      unsigned *ret_rule)
{
	const struct egress_flow flow = {protocol, *destination, true, port};
	enum policy_verdict verdict = check_flow(policy, protocol, destination, port);

	*ret_rule = 0;
	if (verdict != POLICY_PASS || !is_for_egress(classify(policy, destination)))
		return verdict;
	return egress_check(policy->egress, &flow, ret_rule) ? POLICY_PASS : POLICY_EGRESS;
}

bool policy_may_go_on(const struct flow_ends *ends, int protocol, void *opaque)
{
	const struct policy *policy = opaque;
	const struct egress_flow flow = {protocol, ends->remote, ends->remote_port > 0,
					 ends->remote_port};

	return !is_for_egress(classify(policy, &ends->remote)) ||
	       egress_may_go_on(policy->egress, &flow);
}

static bool is_arp(const struct frame *frame)
{
	struct ether_header ethernet;

	if (frame->kind != FRAME_OTHER)
		return false;
	memcpy(&ethernet, frame->data, sizeof(ethernet));
	return ethernet.ether_type == htons(ETHERTYPE_ARP);
}

/* A DHCP request (RFC 2131): the only packet without a source address. */
static bool is_dhcp(const struct policy *policy, const struct frame *frame)
{
	const struct link_network *v4 = &policy->v4;

	/* The DHCP server would give out addresses of a network of the link's own. */
	if (!v4->enabled || v4->is_shared || !frame->has_ports || frame->has_extensions ||
	    frame->protocol != IPPROTO_UDP || frame->source_port != DHCP_CLIENT_PORT ||
	    frame->destination_port != DHCP_SERVER_PORT || frame->source.family != AF_INET)
		return false;
	if (!is_limited_broadcast(&frame->destination) &&
	    !ip_address_equal(&frame->destination, &v4->gateway))
		return false;
	return ip_address_is_any(&frame->source) || ip_prefix_contains(&v4->prefix, &frame->source);
}

/* libslirp would forward any source, and send what comes back to whom it does not concern. */
static bool has_plausible_source(const struct policy *policy, const struct frame *frame,
				 enum destination destination)
{
	const struct ip_address *source = &frame->source;

	if (ip_prefix_contains(&network_of(policy, source)->prefix, source))
		return true;
	if (source->family == AF_INET)
		return false;
	if (IN6_IS_ADDR_LINKLOCAL(&source->v6))
		return true;
	/* Duplicate address detection (RFC 4862) has no address yet. */
	return ip_address_is_any(source) && destination == DESTINATION_NEIGHBOUR;
}

static bool is_icmp(const struct frame *frame)
{
	return frame->protocol ==
	       (frame->destination.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

/* The ICMP that libslirp answers for its own addresses: echo and neighbour discovery. */
static bool is_icmp_for_alias(const struct frame *frame)
{
	uint8_t type;

	if (!is_icmp(frame) || frame->transport_offset >= frame->end)
		return false;
	type = frame->data[frame->transport_offset];
	if (frame->destination.family == AF_INET)
		return type == ICMP_ECHO;
	return type == ICMP6_ECHO_REQUEST || (type >= ND_ROUTER_SOLICIT && type <= ND_REDIRECT);
}

/* libslirp complains aloud of each echo request to link-scope addresses that are not its own. */
static bool is_for_neighbour(const struct policy *policy, const struct frame *frame)
{
	const struct link_network *v6 = &policy->v6;
	const uint8_t *to = frame->destination.bytes;

	if (!is_icmp(frame) || frame->is_fragment)
		return false;
	if (frame->transport_offset >= frame->end ||
	    frame->data[frame->transport_offset] != ICMP6_ECHO_REQUEST)
		return true;
	return !v6->is_shared && !memcmp(to, "\xfe\x80\0\0\0\0\0", 8) &&
	       (!memcmp(to + 8, v6->gateway.bytes + 8, 8) || !memcmp(to + 8, v6->dns.bytes + 8, 8));
}

/*
 * A segment of a connection that exists. libslirp opens one for a SYN without ACK alone and resets
 * what belongs to none, so only that needs permission; clients on the host's loopback, who appear
 * at the gateway's address, get their answers.
 */
static bool is_answer(const struct frame *frame)
{
	return frame->has_ports && frame->protocol == IPPROTO_TCP &&
	       (frame->tcp_flags & (TH_SYN | TH_ACK)) != TH_SYN;
}

/* A frame to the gateway, the resolver or the host's loopback. */
static enum policy_verdict check_host(const struct policy *policy, const struct frame *frame,
				      enum destination destination)
{
	if (frame->is_fragment || frame->has_extensions)
		return POLICY_DROP;
	if (is_answer(frame) && destination != DESTINATION_HOST_LOOPBACK)
		return POLICY_PASS;
	if (frame->has_ports)
		return check_flow(policy, frame->protocol, &frame->destination,
				  frame->destination_port);
	if (frame->protocol == IPPROTO_TCP || frame->protocol == IPPROTO_UDP)
		return POLICY_DROP;
	if (destination == DESTINATION_HOST_LOOPBACK || !is_icmp(frame))
		return POLICY_REJECT;
	/* The host's address answers itself, and libslirp complains aloud of echoes of IPv6. */
	if (destination == DESTINATION_HOST_ADDRESS &&
	    (frame->destination.family == AF_INET6 ||
	     !network_of(policy, &frame->destination)->opens_host))
		return POLICY_REJECT;
	return is_icmp_for_alias(frame) ? POLICY_PASS : POLICY_DROP;
}

enum policy_verdict policy_check_frame(const struct policy *policy, const struct frame *frame)
{
	enum destination destination;

	if (frame->kind != FRAME_IP)
		return is_arp(frame) ? POLICY_PASS : POLICY_DROP;
	if (is_dhcp(policy, frame))
		return POLICY_PASS;
	destination = classify(policy, &frame->destination);
	if (!has_plausible_source(policy, frame, destination))
		return POLICY_DROP;

	switch (destination) {
	case DESTINATION_OUTSIDE:
		return check_flow(policy, frame->protocol, &frame->destination, 0);
	case DESTINATION_GATEWAY:
	case DESTINATION_DNS:
	case DESTINATION_HOST_ADDRESS:
	case DESTINATION_HOST_LOOPBACK:
		return check_host(policy, frame, destination);
	case DESTINATION_NEIGHBOUR:
		return is_for_neighbour(policy, frame) ? POLICY_PASS : POLICY_DROP;
	case DESTINATION_NOBODY:
		break;
	}
	return POLICY_DROP;
}

enum policy_verdict policy_check_egress(const struct policy *policy, const struct frame *frame,
					unsigned *ret_rule)
{
	*ret_rule = 0;
	if (egress_is_open(policy->egress) || frame->kind != FRAME_IP || is_dhcp(policy, frame))
		return POLICY_PASS;
	enum destination destination = classify(policy, &frame->destination);
	/* The echo of the gateway's address comes from here. */
	if (!is_for_egress(destination) ||
	    (destination == DESTINATION_GATEWAY && !frame->has_ports))
		return POLICY_PASS;
	const struct egress_flow flow = {frame->protocol, frame->destination, frame->has_ports,
					 frame->destination_port};
	return egress_check(policy->egress, &flow, ret_rule) ? POLICY_PASS : POLICY_EGRESS;
}

static const char *explain(const struct policy *policy, const struct ip_address *address)
{
	static const char *const reasons[] = {
		[DESTINATION_OUTSIDE] = "proxy",
		[DESTINATION_GATEWAY] = "host-port",
		[DESTINATION_DNS] = "not-dns",
		[DESTINATION_HOST_ADDRESS] = "host-address",
		[DESTINATION_HOST_LOOPBACK] = "host-loopback",
		[DESTINATION_NEIGHBOUR] = NULL,
		[DESTINATION_NOBODY] = "nobody",
	};
	enum destination destination = classify(policy, address);

	return destination == DESTINATION_OUTSIDE && !policy->only_tcp ? NULL
								       : reasons[destination];
}

static bool is_broadcast(const struct policy *policy, const struct ip_address *address)
{
	return is_limited_broadcast(address) ||
	       (policy->v4.enabled && is_subnet_broadcast(&policy->v4.prefix, address));
}

const char *policy_explain_flow(const struct policy *policy, const struct ip_address *destination)
{
	if (ip_address_is_multicast(destination) || is_broadcast(policy, destination))
		return NULL;
	return explain(policy, destination);
}

const char *policy_explain_frame(const struct policy *policy, const struct frame *frame)
{
	enum destination destination;

	if (frame->kind != FRAME_IP || frame->is_fragment)
		return NULL;
	if (ip_address_is_multicast(&frame->destination) ||
	    is_broadcast(policy, &frame->destination))
		return NULL;
	destination = classify(policy, &frame->destination);
	if (!has_plausible_source(policy, frame, destination))
		return "source";
	return explain(policy, &frame->destination);
}

bool policy_translate(const struct policy *policy, const struct ip_address *destination,
		      uint16_t port, struct sockaddr_storage *ret_sockaddr)
{
	struct ip_address loopback = {.family = destination->family};

	switch (classify(policy, destination)) {
	case DESTINATION_GATEWAY:
		if (destination->family == AF_INET)
			loopback.v4.s_addr = htonl(INADDR_LOOPBACK);
		else
			loopback.v6 = in6addr_loopback;
		return ip_address_to_sockaddr(&loopback, port, ret_sockaddr) > 0;
	case DESTINATION_HOST_ADDRESS:
		return ip_address_to_sockaddr(&network_of(policy, destination)->command, port,
					      ret_sockaddr) > 0;
	case DESTINATION_DNS:
		return false;
	default:
		return ip_address_to_sockaddr(destination, port, ret_sockaddr) > 0;
	}
}
