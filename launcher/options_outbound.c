/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_outbound - the part of the command line that says how traffic leaves the host */
#include "launcher/options_outbound.h"

#include <errno.h>
#include <sys/socket.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/option_bytes.h"

static bool refuse_second(const char *what, const char *value, GError **error)
{
	failure_set(error, EINVAL, "give one interface and one address of each family at most",
		    "--outbound '%s' is a second %s", value, what);
	return false;
}

/*
 * What every later connection will do, so that a mistake is told before the first. To bind a socket
 * to many receivers succeeds as well, and leaves its source to the kernel: those are no addresses
 * to connect to, broadcasts without SO_BROADCAST.
 */
static bool is_own_address(const struct ip_address *address)
{
	struct sockaddr_storage sockaddr;
	socklen_t size = ip_address_to_sockaddr(address, 0, &sockaddr);
	autoclose int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && !ip_address_is_multicast(address) &&
	       bind(fd, (struct sockaddr *)&sockaddr, size) == 0 &&
	       connect(fd, (struct sockaddr *)&sockaddr, size) == 0;
}

static bool take_address(struct outbound_options *options, const char *value,
			 const struct ip_address *address, GError **error)
{
	struct ip_address *place = address->family == AF_INET ? &options->v4 : &options->v6;

	if (place->family != AF_UNSPEC)
		return refuse_second("address of its family", value, error);
	if (ip_address_is_host_loopback(address)) {
		failure_set(error, EINVAL, "take an address of the interface that leads out",
			    "--outbound '%s': nothing leaves the host from its loopback", value);
		return false;
	}
	if (!is_own_address(address)) {
		failure_set(error, EADDRNOTAVAIL, "see `ip address`",
			    "--outbound '%s' is no address of this host", value);
		return false;
	}
	*place = *address;
	return true;
}

static bool take_interface(struct outbound_options *options, const char *value, GError **error)
{
	if (!outbound_check_interface(value, error)) {
		g_prefix_error(error, "--outbound: ");
		return false;
	}
	if (options->outbound.interface[0])
		return refuse_second("interface", value, error);
	if (!if_nametoindex(value)) {
		failure_set(error, ENODEV, "see `ip link`",
			    "--outbound '%s' is no address, and no interface of this host", value);
		return false;
	}
	g_strlcpy(options->outbound.interface, value, sizeof(options->outbound.interface));
	return true;
}

static gboolean on_outbound(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			    GError **error)
{
	struct outbound_options *options = data;
	struct ip_address address;

	if (ip_address_parse(value, &address, NULL))
		return take_address(options, value, &address, error);
	return take_interface(options, value, error);
}

static gboolean on_proxy(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			 GError **error)
{
	struct outbound_options *options = data;

	if (proxy_parse(value, &options->outbound.proxy, error))
		return true;
	/* Not with the value, which may have a password. */
	g_prefix_error(error, "--proxy: ");
	return false;
}

GOptionGroup *outbound_options_group(struct outbound_options *options)
{
#define CALLBACK(function) G_OPTION_ARG_CALLBACK, (void *)(function)
	const GOptionEntry entries[] = {
		{"outbound", 0, 0, CALLBACK(on_outbound),
		 "Leave the host by this interface, or from this address, and by no other "
		 "(repeatable)",
		 "IFACE-OR-ADDR"},
		{"proxy", 0, 0, CALLBACK(on_proxy),
		 "Send all TCP through a proxy, and refuse UDP and ping: "
		 "socks5://[USER:PASSWORD@]HOST[:PORT], socks5h://..., http://...; the latter two "
		 "look names up",
		 "URL"},
		{"proxy-bypass", 0, 0, G_OPTION_ARG_NONE, &options->bypass_proxy,
		 "Let UDP and ping out beside the proxy, and look names up there", NULL},
		{0},
	};
#undef CALLBACK
	GOptionGroup *group = g_option_group_new(
		"outbound", "Ways out:", "Show the options for ways out", options, NULL);

	option_bytes_add(group, entries);
	return group;
}

static bool has_udp(const GArray *ports)
{
	for (guint i = 0; i < ports->len; i++)
		if (g_array_index(ports, struct host_port, i).protocol == IPPROTO_UDP)
			return true;
	return false;
}

const char *outbound_options_given(const struct outbound_options *options)
{
	if (options->outbound.proxy.kind != PROXY_NONE)
		return "--proxy";
	if (options->bypass_proxy)
		return "--proxy-bypass";
	return options->v4.family || options->v6.family || options->outbound.interface[0]
		       ? "--outbound"
		       : NULL;
}

static bool refuse_pair(const char *one, const char *other, GError **error)
{
	failure_set(error, EINVAL, "leave one of them out", "%s has no meaning with %s", one,
		    other);
	return false;
}

/* Each name would be found in the first of the host's domains: the proxy's are others. */
static void leave_out_search(const struct outbound_options *options, struct dns_options *dns)
{
	if (outbound_hides_names(&options->outbound) && dns->search->len == 0)
		dns->no_search = true;
}

bool outbound_options_check(struct outbound_options *options, struct network_options *network,
			    GError **error)
{
	const char *given = outbound_options_given(options);

	if (given && network->mode != NETWORK_USER) {
		g_autofree char *net =
			g_strdup_printf("--net=%s", network_mode_name(network->mode));
		return refuse_pair(given, net, error);
	}
	if (options->v6.family && network->no_ipv6)
		return refuse_pair("--outbound with an IPv6 address", "--no-ipv6", error);
	/* One socket speaks to all remotes, and one that is bound does not reach loopback. */
	if (options->outbound.interface[0] && has_udp(network->access.ports)) {
		failure_set(error, EINVAL, "give --outbound an address in place of the interface",
			    "--host-port for UDP and --outbound with an interface exclude each "
			    "other");
		return false;
	}
	if (options->bypass_proxy && options->outbound.proxy.kind == PROXY_NONE) {
		failure_set(error, EINVAL, "add --proxy, or leave it out",
			    "--proxy-bypass is given without --proxy");
		return false;
	}
	options->outbound.bypasses_proxy = options->bypass_proxy;
	options->outbound.is_by_no_other =
		!options->outbound.interface[0] && (options->v4.family || options->v6.family);
	leave_out_search(options, &network->dns);
	return true;
}

bool outbound_find_proxy(struct outbound *outbound, GError **error)
{
	return outbound->proxy.kind == PROXY_NONE || proxy_resolve(&outbound->proxy, error);
}

void outbound_options_apply(const struct outbound_options *options, struct link_config *link)
{
	link->v4.outbound = options->v4;
	link->v6.outbound = options->v6;
}
