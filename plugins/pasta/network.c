/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network - what pasta's options and this host make of a namespace's network */
#include "plugins/pasta/network.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/host_network.h"
#include "src/autoclose.h"
#include "src/failure.h"

#define DEFAULT_IFNAME "tap0"
#define DNS_PORT       53
#define LOCAL_PORTS    "/proc/sys/net/ipv4/ip_local_port_range"
/* Where the kernel's own default for these begins and ends. */
#define LOCAL_FIRST 32768
#define LOCAL_LAST  60999

/* --- addresses --- */

/* Without a netmask for an address of its own: that of the host's network, or of its class. */
static unsigned guess_length(const struct ip_address *address, const struct host_network *host)
{
	const struct ip_prefix prefix = ip_prefix_around(&host->address, host->length);

	if (ip_prefix_contains(&prefix, address))
		return host->length;
	if (address->family == AF_INET6)
		return 64;
	if (IN_CLASSA(ntohl(address->v4.s_addr)))
		return 8;
	return IN_CLASSB(ntohl(address->v4.s_addr)) ? 16 : 24;
}

/* The aliases are pasta's where they can be, and else those of link_network_share(). */
static void set_aliases(const struct pasta_options *options, const struct pasta_family *family,
			struct link_network *network)
{
	const struct ip_address *router = &network->router;
	bool is_link_local = router->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&router->v6);

	network->hides_loopback = true;
	if (family->map_host_loopback.family != AF_UNSPEC) {
		network->gateway = family->map_host_loopback;
		network->hides_loopback = false;
	} else if (!options->no_map_gateway && router->family != AF_UNSPEC && !is_link_local) {
		network->gateway = *router;
		network->hides_loopback = false;
	}
	if (family->map_guest_addr.family != AF_UNSPEC) {
		network->host = family->map_guest_addr;
		network->opens_host = true;
	}
	network->dns = family->dns_forward;
	network->outbound = family->outbound;
}

static void plan_family(const struct pasta_options *options, const struct pasta_family *family,
			const struct host_network *host, struct link_network *network)
{
	bool is_given = family->address.family != AF_UNSPEC;
	const struct ip_address *address = is_given ? &family->address : &host->address;
	const struct ip_address *router =
		family->gateway.family != AF_UNSPEC ? &family->gateway : &host->router;
	unsigned length = family->length;

	*network = (struct link_network){.enabled = false};
	if (family->is_off || address->family == AF_UNSPEC)
		return;
	if (!length)
		length = is_given ? guess_length(address, host) : host->length;
	link_network_share(network, address, length, router);
	set_aliases(options, family, network);
}

/* None is no failure, unless the interface was asked for. */
static bool find_host(const struct pasta_options *options, int family,
		      struct host_network *ret_host, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (host_network_find(family, options->interface, ret_host, &failure))
		return true;
	*ret_host = (struct host_network){.length = 0};
	if (g_error_matches(failure, FAILURE, ENOENT))
		return true;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

static void be_link_local(struct host_network *host)
{
	*host = (struct host_network){.length = 16};
	if (!ip_address_parse("169.254.2.1", &host->address, NULL) ||
	    !ip_address_parse("169.254.2.2", &host->router, NULL))
		g_assert_not_reached();
}

static bool check_families(const struct pasta_options *options, const struct link_config *link,
			   GError **error)
{
	if (link->v4.enabled || link->v6.enabled)
		return true;
	failure_set(error, ENOENT, "give it one: --address", "no IPv%d address to copy",
		    options->v4.is_off ? 6 : 4);
	return false;
}

static const char *choose_name(const struct pasta_options *options, const char *v4, const char *v6)
{
	if (options->ns_interface)
		return options->ns_interface;
	if (*v4)
		return v4;
	return *v6 ? v6 : DEFAULT_IFNAME;
}

/*
 * Nobody can tell when a program in the foreground is ready. Who does not let it configure the
 * device may do so at the same time, to a TAP of its own, as RootlessKit 2.0 does: that TAP must
 * stay.
 */
static enum link_kind choose_kind(const struct pasta_options *options)
{
	if (options->link == LINK_AUTO && options->foreground && !options->configure)
		return LINK_TAP;
	return options->link;
}

bool pasta_network_plan(const struct pasta_options *options, struct link_config *ret_link,
			GError **error)
{
	struct link_config link = {.kind = choose_kind(options),
				   .mtu = options->mtu,
				   .mac = options->mac,
				   .neighbour_mac = options->neighbour_mac};
	struct host_network v4, v6;

	if (!options->has_mac && !mac_address_random(&link.mac, error))
		return false;
	if (!find_host(options, AF_INET, &v4, error) || !find_host(options, AF_INET6, &v6, error))
		return false;
	if (v4.address.family == AF_UNSPEC && v6.address.family == AF_UNSPEC && !options->interface)
		be_link_local(&v4);
	plan_family(options, &options->v4, &v4, &link.v4);
	plan_family(options, &options->v6, &v6, &link.v6);
	g_strlcpy(link.ifname, choose_name(options, v4.ifname, v6.ifname), sizeof(link.ifname));
	if (!check_families(options, &link, error))
		return false;
	*ret_link = link;
	return true;
}

/* --- ports --- */

/* Whether both families could have it, now: for "all", which takes what it can get. */
static bool is_free(int protocol, unsigned port)
{
	struct ip_address any = {.family = AF_INET6};
	int type = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
	struct sockaddr_storage address;
	autoclose int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		any.family = AF_INET;
		fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	}
	socklen_t size = ip_address_to_sockaddr(&any, (uint16_t)port, &address);
	return fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0;
}

static void expand(struct port_spec *spec)
{
	unsigned first = LOCAL_FIRST, last = LOCAL_LAST;
	g_autofree char *text = NULL;

	if (spec->mode != PORT_MODE_ALL)
		return;
	if (g_file_get_contents(LOCAL_PORTS, &text, NULL, NULL) &&
	    sscanf(text, "%u %u", &first, &last) != 2) {
		first = LOCAL_FIRST;
		last = LOCAL_LAST;
	}
	port_spec_expand_all(spec, first, last, is_free);
}

static void add_ports(struct port_spec *spec, struct handoff_start *start)
{
	expand(spec);
	for (guint i = 0; i < spec->rules->len; i++) {
		struct port_rule rule = g_array_index(spec->rules, struct port_rule, i);

		rule.id = start->ports.rules->len + 1;
		g_array_append_val(start->ports.rules, rule);
	}
}

/* The forwarder has one interface for both families. */
static bool set_outbound(const struct pasta_options *options, struct handoff_start *start,
			 GError **error)
{
	const char *v4 = options->v4.outbound_interface, *v6 = options->v6.outbound_interface;

	if (v4 && v6 && !g_str_equal(v4, v6)) {
		failure_set(error, ENOTSUP, "take one interface for both families",
			    "cannot leave by %s and by %s", v4, v6);
		return false;
	}
	if (v4 || v6)
		g_strlcpy(start->outbound.interface, v4 ? v4 : v6,
			  sizeof(start->outbound.interface));
	return true;
}

static void add_name_server(const struct ip_address *address, struct handoff_start *start)
{
	struct sockaddr_storage server;

	if (ip_address_to_sockaddr(address, DNS_PORT, &server))
		g_array_append_val(start->dns.servers, server);
}

bool pasta_network_fill_start(struct pasta_options *options, const struct link_config *link,
			      struct handoff_start *start, GError **error)
{
	/* Each network says whether its own alias leads there. */
	start->access.all = true;
	start->access.no_dns = link->v4.dns.family == AF_UNSPEC && link->v6.dns.family == AF_UNSPEC;
	add_name_server(&options->v4.dns_host, start);
	add_name_server(&options->v6.dns_host, start);
	add_ports(&options->tcp, start);
	add_ports(&options->udp, start);
	return set_outbound(options, start, error);
}
