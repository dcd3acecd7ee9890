/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_network - the part of the command line that is about the network */
#include "launcher/options_network.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "src/failure.h"
#include "src/inherited_fd.h"
#include "src/number.h"
#include "src/option_bytes.h"

static const char *const mode_names[] = {
	[NETWORK_USER] = "user",
	[NETWORK_NONE] = "none",
	[NETWORK_HOST] = "host",
};

const char *network_mode_name(enum network_mode mode)
{
	return mode_names[mode];
}

static gboolean on_net(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
		       GError **error)
{
	struct network_options *options = data;

	for (size_t i = 0; i < G_N_ELEMENTS(mode_names); i++) {
		if (g_str_equal(value, mode_names[i])) {
			options->mode = (enum network_mode)i;
			return true;
		}
	}
	failure_set(error, EINVAL, "take none, host or user", "unknown kind of network '%s'",
		    value);
	return false;
}

static gboolean on_link(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			GError **error)
{
	struct network_options *options = data;

	return link_kind_parse(value, &options->link, error);
}

/* False for prefixes that meet loopback, "this network", multicast or the reserved ones (RFC 6890).
 */
static bool is_unicast_prefix(const struct ip_prefix *prefix)
{
	static const char *const special[] = {"0.0.0.0/8", "127.0.0.0/8",   "224.0.0.0/3",
					      "::/96",	   "::ffff:0:0/96", "fe80::/10",
					      "ff00::/8"};

	for (size_t i = 0; i < G_N_ELEMENTS(special); i++) {
		struct ip_prefix other;
		if (ip_prefix_parse(special[i], &other, NULL) && ip_prefix_overlaps(prefix, &other))
			return false;
	}
	return true;
}

static bool parse_cidr(const char *value, sa_family_t family, unsigned longest,
		       struct ip_prefix *ret_prefix, GError **error)
{
	struct ip_prefix prefix;

	if (!ip_prefix_parse(value, &prefix, error))
		return false;
	if (prefix.address.family != family) {
		failure_set(error, EINVAL, "--cidr takes IPv4, --cidr6 IPv6",
			    "'%s' is of the other address family", value);
		return false;
	}
	if (prefix.length < 1 || prefix.length > longest) {
		failure_set(error, EINVAL, NULL, "the prefix length of '%s' must be from 1 to %u",
			    value, longest);
		return false;
	}
	if (!is_unicast_prefix(&prefix)) {
		failure_set(error, EINVAL,
			    "take a private network, e.g. 10.8.0.0/24 or fd00:8::/64",
			    "no host can have an address in '%s'", value);
		return false;
	}
	*ret_prefix = prefix;
	return true;
}

static gboolean on_cidr(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			GError **error)
{
	struct network_options *options = data;

	return parse_cidr(value, AF_INET, 25, &options->cidr, error);
}

static gboolean on_cidr6(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			 GError **error)
{
	struct network_options *options = data;

	return parse_cidr(value, AF_INET6, 64, &options->cidr6, error);
}

static gboolean on_mtu(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
		       GError **error)
{
	struct network_options *options = data;
	guint64 mtu;

	if (!number_parse(value, LINK_MTU_MIN, LINK_MTU_MAX, "the MTU", &mtu, error))
		return false;
	options->mtu = (unsigned)mtu;
	return true;
}

static gboolean on_udp_timeout(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			       GError **error)
{
	static const char what[] = "--udp-timeout in seconds";
	struct network_options *options = data;
	g_auto(GStrv) parts = g_strsplit(value, ":", 2);
	guint64 lasting, brief = 0;

	if (!number_parse(parts[0] ? parts[0] : "", 1, LINK_UDP_TIMEOUT_MAX, what, &lasting,
			  error) ||
	    (parts[0] && parts[1] &&
	     !number_parse(parts[1], 1, LINK_UDP_TIMEOUT_MAX, what, &brief, error)))
		return false;
	options->udp_timeout = (unsigned)lasting;
	options->udp_brief_timeout = (unsigned)brief;
	return true;
}

static gboolean on_mac(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
		       GError **error)
{
	struct network_options *options = data;

	options->has_mac = mac_address_parse(value, &options->mac, error);
	return options->has_mac;
}

/* At once: LISTEN_PID names this process, not the one that --detach leaves. */
static bool take_socket(struct network_options *options, const struct port_rule *rule,
			GError **error)
{
	const struct port_socket socket = {options->ports->len + 1,
					   inherited_fd_find(rule->source, error)};

	if (socket.fd < 0)
		return false;
	g_array_append_val(options->sockets, socket);
	return true;
}

bool network_options_publish(struct network_options *options, const char *name, const char *text,
			     GError **error)
{
	g_autofree char *printable = g_strescape(text, NULL);
	struct port_rule rule;

	if (!port_rule_parse(text, &rule, error) ||
	    (rule.source[0] && !take_socket(options, &rule, error))) {
		g_prefix_error(error, "%s '%s': ", name, printable);
		return false;
	}
	g_array_append_val(options->ports, rule);
	return true;
}

static gboolean on_publish(const char *name, const char *value, gpointer data, GError **error)
{
	return network_options_publish(data, name, value, error);
}

static gboolean on_host_port(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			     GError **error)
{
	struct network_options *options = data;
	struct host_port port = {.protocol = IPPROTO_TCP};
	g_autofree char *number = g_strndup(value, strcspn(value, "/"));
	const char *suffix = value + strlen(number);
	guint64 parsed;

	if (g_str_equal(suffix, "/udp"))
		port.protocol = IPPROTO_UDP;
	else if (*suffix && !g_str_equal(suffix, "/tcp")) {
		failure_set(error, EINVAL, "write N, N/tcp or N/udp",
			    "--host-port '%s' has an unknown protocol", value);
		return false;
	}
	if (!number_parse(number, 1, 65535, "a host port", &parsed, error))
		return false;
	port.port = (uint16_t)parsed;
	g_array_append_val(options->access.ports, port);
	return true;
}

/* True for an option that is about a command of ours, not about its link. */
static bool is_for_command(const GOptionEntry *entry)
{
	static const char *const names[] = {"net", "network", NULL};

	return g_strv_contains(names, entry->long_name);
}

static GOptionGroup *make_group(struct network_options *options, bool is_link_alone)
{
#define CALLBACK(function) G_OPTION_ARG_CALLBACK, (void *)(function)
	const GOptionEntry entries[] = {
		{"publish", 'p', 0, CALLBACK(on_publish),
		 "Publish a port or range, see netns-run(1): "
		 "[PLACE:]HOST[-END]:CONT[-END][/tcp|udp], "
		 "fd:N:CONT",
		 "RULE"},
		{"net", 0, 0, CALLBACK(on_net),
		 "Whose network: ours (default), the host's, or none", "user|host|none"},
		{"network", 0, 0, CALLBACK(on_net), "The same as --net", "user|host|none"},
		{"link", 0, 0, CALLBACK(on_link), "How the command is connected (default: auto)",
		 "auto|gateway|tap"},
		{"ifname", 0, 0, G_OPTION_ARG_STRING, &options->ifname,
		 "Name of the network interface inside (default: eth0)", "NAME"},
		{"mtu", 'm', 0, CALLBACK(on_mtu), "MTU of the interface", "BYTES"},
		{"udp-timeout", 0, 0, CALLBACK(on_udp_timeout),
		 "Forget idle UDP flows of a gateway link; BRIEF ones are a question and its "
		 "answer",
		 "SECONDS[:BRIEF]"},
		{"mac", 0, 0, CALLBACK(on_mac), "MAC address of the interface", "ADDRESS"},
		{"cidr", 0, 0, CALLBACK(on_cidr), "IPv4 network (default: 10.0.2.0/24)", "CIDR"},
		{"cidr6", 0, 0, CALLBACK(on_cidr6), "IPv6 network (default: fd00::/64)", "CIDR"},
		{"no-ipv6", 0, 0, G_OPTION_ARG_NONE, &options->no_ipv6, "IPv4 only", NULL},
		{"host-port", 0, 0, CALLBACK(on_host_port),
		 "Open this port of the host's loopback at host.internal: N[/udp]", "PORT"},
		{"host-loopback", 0, 0, G_OPTION_ARG_NONE, &options->host_loopback,
		 "Open all ports of the host's loopback at host.internal", NULL},
		{0},
	};
#undef CALLBACK
	GOptionGroup *group = g_option_group_new(
		"network", "Network:", "Show the network's options", options, NULL);

	for (const GOptionEntry *entry = entries; entry->long_name; entry++) {
		const GOptionEntry one[] = {*entry, {0}};
		if (!is_link_alone || !is_for_command(entry))
			option_bytes_add(group, one);
	}
	return group;
}

GOptionGroup *network_options_group(struct network_options *options)
{
	return make_group(options, false);
}

GOptionGroup *network_options_group_of_link(struct network_options *options)
{
	return make_group(options, true);
}

void network_options_init(struct network_options *options)
{
	*options = (struct network_options){
		.ports = g_array_new(FALSE, FALSE, sizeof(struct port_rule)),
		.sockets = g_array_new(FALSE, FALSE, sizeof(struct port_socket)),
		.access.ports = g_array_new(FALSE, FALSE, sizeof(struct host_port)),
	};
	dns_options_init(&options->dns);
}

static bool check_ifname(const char *ifname, GError **error)
{
	if (strlen(ifname) > 0 && strlen(ifname) < IFNAMSIZ && !strpbrk(ifname, "/ :\t%") &&
	    !g_str_equal(ifname, ".") && !g_str_equal(ifname, "..") && !g_str_equal(ifname, "lo"))
		return true;
	failure_set(error, EINVAL, "take up to 15 characters without / : % or blanks",
		    "'%s' cannot name a network interface", ifname);
	return false;
}

/* The first option that only our own network can follow, or NULL. */
static const char *find_own_option(const struct network_options *options)
{
	const struct {
		bool is_given;
		const char *name;
	} own[] = {
		{options->ports->len, "--publish"},
		{options->access.ports->len, "--host-port"},
		{options->host_loopback, "--host-loopback"},
		{options->ifname, "--ifname"},
		{options->mtu, "--mtu"},
		{options->has_mac, "--mac"},
		{options->cidr.address.family != AF_UNSPEC, "--cidr"},
		{options->cidr6.address.family != AF_UNSPEC, "--cidr6"},
		{options->no_ipv6, "--no-ipv6"},
		{options->udp_timeout || options->udp_brief_timeout, "--udp-timeout"},
		{options->dns.config.servers->len && options->mode == NETWORK_NONE, "--dns"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
		if (own[i].is_given)
			return own[i].name;
	return NULL;
}

/* It must not be silently ignored. */
static bool check_mode(const struct network_options *options, GError **error)
{
	const char *useless = options->mode == NETWORK_USER ? NULL : find_own_option(options);

	if (!useless)
		return options->mode == NETWORK_USER ||
		       dns_options_check_foreign(&options->dns, network_mode_name(options->mode),
						 error);
	failure_set(error, EINVAL, "leave one of them out", "%s has no meaning with --net=%s",
		    useless, network_mode_name(options->mode));
	return false;
}

bool network_options_check(struct network_options *options, GError **error)
{
	options->access.all = options->host_loopback;
	if (!check_mode(options, error))
		return false;
	if (!options->ifname)
		options->ifname = g_strdup("eth0");
	if (options->sockets->len)
		inherited_fd_forget();
	if (!check_ifname(options->ifname, error))
		return false;
	if (!options->no_ipv6 && options->mtu && options->mtu < 1280) {
		failure_set(error, EINVAL, "add --no-ipv6 or take a larger MTU",
			    "IPv6 needs an MTU of at least 1280 bytes, not %u", options->mtu);
		return false;
	}
	return true;
}

void network_options_done(struct network_options *options)
{
	g_free(options->ifname);
	dns_options_done(&options->dns);
	g_array_unref(options->ports);
	g_array_unref(options->sockets);
	g_array_unref(options->access.ports);
}
