/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option_values - what single options of pasta(1) do to the whole */
#include "plugins/pasta/option_values.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "src/failure.h"
#include "src/number.h"
#include "src/outbound.h"
#include "src/port_rule.h"

/* Where ip-netns(8) keeps those that have names. */
#define NETNS_DIR "/run/netns/"

static bool invalid(GError **error, const char *what, const char *value)
{
	failure_set(error, EINVAL, NULL, "Invalid %s: %s", what, value);
	return false;
}

static struct pasta_family *family_of(struct pasta_options *options, int family)
{
	return family == AF_INET ? &options->v4 : &options->v6;
}

/* An address that something of the network can have. */
static bool parse_address(const char *value, struct ip_address *ret_address)
{
	struct ip_address address;

	if (!ip_address_parse(value, &address, NULL) || ip_address_is_host_loopback(&address))
		return false;
	if (address.family == AF_INET6
		    ? IN6_IS_ADDR_MULTICAST(&address.v6) || IN6_IS_ADDR_V4MAPPED(&address.v6)
		    : IN_MULTICAST(ntohl(address.v4.s_addr)) ||
			      address.v4.s_addr == htonl(INADDR_BROADCAST))
		return false;
	*ret_address = address;
	return true;
}

/* --- what it does at all --- */

static bool take_help(struct pasta_options *options, const char *value G_GNUC_UNUSED,
		      GError **error G_GNUC_UNUSED)
{
	options->help = true;
	return true;
}

static bool take_version(struct pasta_options *options, const char *value G_GNUC_UNUSED,
			 GError **error G_GNUC_UNUSED)
{
	options->version = true;
	return true;
}

static bool take_quiet(struct pasta_options *options, const char *value G_GNUC_UNUSED,
		       GError **error G_GNUC_UNUSED)
{
	options->quiet = true;
	return true;
}

static bool take_foreground(struct pasta_options *options, const char *value G_GNUC_UNUSED,
			    GError **error G_GNUC_UNUSED)
{
	options->foreground = true;
	return true;
}

/* The process leaves the directory that it was called in before it opens them. */
static void set_path(char **place, const char *value)
{
	g_free(*place);
	*place = g_canonicalize_filename(value, NULL);
}

static bool take_log_file(struct pasta_options *options, const char *value,
			  GError **error G_GNUC_UNUSED)
{
	set_path(&options->log_file, value);
	return true;
}

static bool take_pid_file(struct pasta_options *options, const char *value,
			  GError **error G_GNUC_UNUSED)
{
	set_path(&options->pid_file, value);
	return true;
}

static bool take_link(struct pasta_options *options, const char *value, GError **error)
{
	return link_kind_parse(value, &options->link, error);
}

/* --- addresses --- */

static bool take_mtu(struct pasta_options *options, const char *value, GError **error)
{
	guint64 mtu;

	if (!number_parse(value, 0, G_MAXUINT32, "MTU", &mtu, NULL))
		return invalid(error, "MTU", value);
	if (mtu > LINK_MTU_MAX) {
		failure_set(error, EINVAL, NULL, "MTU %s too large (max %u)", value, LINK_MTU_MAX);
		return false;
	}
	/* 0 is not to assign one: the link's own. */
	if (mtu && mtu < LINK_MTU_MIN)
		return invalid(error, "MTU", value);
	options->mtu = (unsigned)mtu;
	return true;
}

static bool take_address(struct pasta_options *options, const char *value, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(value, "/", 2);
	struct ip_address address;
	guint64 length = 0;

	if (!parts[0] || !parse_address(parts[0], &address))
		return invalid(error, "address", value);
	if (parts[1] &&
	    !number_parse(parts[1], 1, ip_address_bits(&address), "length", &length, NULL))
		return invalid(error, "address", value);
	struct pasta_family *family = family_of(options, address.family);
	family->address = address;
	if (length)
		family->length = (unsigned)length;
	return true;
}

/* Bits, or 255.255.255.0. */
static bool take_netmask(struct pasta_options *options, const char *value, GError **error)
{
	struct ip_address mask;
	guint64 length;

	if (number_parse(value, 1, 32, "netmask", &length, NULL)) {
		options->v4.length = (unsigned)length;
		return true;
	}
	if (!ip_address_parse(value, &mask, NULL) || mask.family != AF_INET)
		return invalid(error, "netmask", value);
	for (unsigned bits = 1; bits <= 32; bits++) {
		const struct ip_prefix prefix = {.address = mask, .length = bits};
		if (ip_prefix_netmask(&prefix).s_addr != mask.v4.s_addr)
			continue;
		options->v4.length = bits;
		return true;
	}
	return invalid(error, "netmask", value);
}

static bool take_gateway(struct pasta_options *options, const char *value, GError **error)
{
	struct ip_address address;

	if (!parse_address(value, &address))
		return invalid(error, "gateway address", value);
	family_of(options, address.family)->gateway = address;
	return true;
}

static bool take_interface(struct pasta_options *options, const char *value, GError **error)
{
	options->interface = value;
	return if_nametoindex(value) || failure_errno(error, "Invalid interface name %s", value);
}

static bool take_ns_interface(struct pasta_options *options, const char *value, GError **error)
{
	options->ns_interface = value;
	return port_rule_is_interface(value) || invalid(error, "interface name", value);
}

static bool take_outbound(struct pasta_options *options, const char *value, GError **error)
{
	struct ip_address address;

	if (!parse_address(value, &address))
		return invalid(error, "or redundant outbound address", value);
	family_of(options, address.family)->outbound = address;
	return true;
}

static bool take_outbound_if4(struct pasta_options *options, const char *value, GError **error)
{
	options->v4.outbound_interface = value;
	return outbound_check_interface(value, error);
}

static bool take_outbound_if6(struct pasta_options *options, const char *value, GError **error)
{
	options->v6.outbound_interface = value;
	return outbound_check_interface(value, error);
}

static bool take_mac(struct pasta_options *options, const char *value, GError **error)
{
	return mac_address_parse(value, &options->neighbour_mac, NULL) ||
	       invalid(error, "MAC address", value);
}

static bool take_ns_mac(struct pasta_options *options, const char *value, GError **error)
{
	options->has_mac = true;
	return mac_address_parse(value, &options->mac, NULL) ||
	       invalid(error, "MAC address", value);
}

static bool take_ipv4_only(struct pasta_options *options, const char *value G_GNUC_UNUSED,
			   GError **error G_GNUC_UNUSED)
{
	options->v4.is_off = false;
	options->v6.is_off = true;
	return true;
}

static bool take_ipv6_only(struct pasta_options *options, const char *value G_GNUC_UNUSED,
			   GError **error G_GNUC_UNUSED)
{
	options->v4.is_off = true;
	options->v6.is_off = false;
	return true;
}

/* --- resolver and host --- */

static bool take_dns_forward(struct pasta_options *options, const char *value, GError **error)
{
	struct ip_address address;

	if (!parse_address(value, &address))
		return invalid(error, "DNS forwarding address", value);
	family_of(options, address.family)->dns_forward = address;
	return true;
}

/* The host's own loopback may well have one. */
static bool take_dns_host(struct pasta_options *options, const char *value, GError **error)
{
	struct ip_address address;

	if (!ip_address_parse(value, &address, NULL) || ip_address_is_any(&address))
		return invalid(error, "host nameserver address", value);
	family_of(options, address.family)->dns_host = address;
	return true;
}

static bool take_map_host(struct pasta_options *options, const char *value, GError **error)
{
	const struct ip_address none = {.family = AF_UNSPEC};
	struct ip_address address;

	options->no_map_gateway = true;
	if (g_str_equal(value, "none")) {
		options->v4.map_host_loopback = options->v6.map_host_loopback = none;
		return true;
	}
	if (!parse_address(value, &address))
		return invalid(error, "address to remap to host", value);
	family_of(options, address.family)->map_host_loopback = address;
	return true;
}

static bool take_map_guest(struct pasta_options *options, const char *value, GError **error)
{
	const struct ip_address none = {.family = AF_UNSPEC};
	struct ip_address address;

	if (g_str_equal(value, "none")) {
		options->v4.map_guest_addr = options->v6.map_guest_addr = none;
		return true;
	}
	if (!parse_address(value, &address))
		return invalid(error, "address to remap to host", value);
	family_of(options, address.family)->map_guest_addr = address;
	return true;
}

static bool take_no_map_gw(struct pasta_options *options, const char *value G_GNUC_UNUSED,
			   GError **error G_GNUC_UNUSED)
{
	options->no_map_gateway = true;
	return true;
}

/* --- ports --- */

static bool take_tcp_ports(struct pasta_options *options, const char *value, GError **error)
{
	return port_spec_add(&options->tcp, value, error);
}

static bool take_udp_ports(struct pasta_options *options, const char *value, GError **error)
{
	return port_spec_add(&options->udp, value, error);
}

static bool take_tcp_ns(struct pasta_options *options, const char *value, GError **error)
{
	return port_spec_add(&options->tcp_ns, value, error);
}

static bool take_udp_ns(struct pasta_options *options G_GNUC_UNUSED, const char *value,
			GError **error)
{
	/* That of pasta by default, and so no wish. */
	if (g_str_equal(value, "none") || g_str_equal(value, "auto"))
		return true;
	failure_set(error, ENOTSUP, "take --map-host-loopback ADDRESS, and send to that inside",
		    "UDP ports of the namespace's loopback cannot lead to the host's: '%s'", value);
	return false;
}

/* --- namespaces --- */

static bool take_userns(struct pasta_options *options, const char *value,
			GError **error G_GNUC_UNUSED)
{
	set_path(&options->userns, value);
	return true;
}

static bool take_netns(struct pasta_options *options, const char *value,
		       GError **error G_GNUC_UNUSED)
{
	g_autofree char *named = strchr(value, '/') ? NULL : g_strconcat(NETNS_DIR, value, NULL);

	set_path(&options->netns, named ? named : value);
	return true;
}

static bool take_no_netns_quit(struct pasta_options *options, const char *value G_GNUC_UNUSED,
			       GError **error G_GNUC_UNUSED)
{
	options->no_netns_quit = true;
	return true;
}

static bool take_config_net(struct pasta_options *options, const char *value G_GNUC_UNUSED,
			    GError **error G_GNUC_UNUSED)
{
	options->configure = true;
	return true;
}

/* --- all of them --- */

static const struct {
	const char *name;
	option_taker take;
} takers[] = {
	{"help", take_help},
	{"version", take_version},
	{"quiet", take_quiet},
	{"foreground", take_foreground},
	{"log-file", take_log_file},
	{"pid", take_pid_file},
	{"mtu", take_mtu},
	{"address", take_address},
	{"netmask", take_netmask},
	{"mac-addr", take_mac},
	{"gateway", take_gateway},
	{"interface", take_interface},
	{"outbound", take_outbound},
	{"outbound-if4", take_outbound_if4},
	{"outbound-if6", take_outbound_if6},
	{"dns-forward", take_dns_forward},
	{"dns-host", take_dns_host},
	{"map-host-loopback", take_map_host},
	{"no-map-gw", take_no_map_gw},
	{"map-guest-addr", take_map_guest},
	{"ipv4-only", take_ipv4_only},
	{"ipv6-only", take_ipv6_only},
	{"tcp-ports", take_tcp_ports},
	{"udp-ports", take_udp_ports},
	{"tcp-ns", take_tcp_ns},
	{"udp-ns", take_udp_ns},
	{"ns-ifname", take_ns_interface},
	{"ns-mac-addr", take_ns_mac},
	{"userns", take_userns},
	{"netns", take_netns},
	{"no-netns-quit", take_no_netns_quit},
	{"config-net", take_config_net},
	{"link", take_link},
};

option_taker option_values_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(takers); i++)
		if (g_str_equal(takers[i].name, name))
			return takers[i].take;
	return NULL;
}
