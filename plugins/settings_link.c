/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings_link - from settings to a link and to what its forwarder is told */
#include "plugins/settings_link.h"

#include <errno.h>

#include "launcher/network.h"
#include "src/failure.h"

static bool refuse(const char *cure, const char *text, const char *why, GError **error)
{
	failure_set(error, EINVAL, cure, "%s %s", text, why);
	return false;
}

/* The others are the gateway's, and the resolver's. */
static bool place_command(struct link_network *network, const struct ip_address *wanted,
			  GError **error)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	if (wanted->family == AF_UNSPEC)
		return true;
	ip_address_text(wanted, text);
	if (!network->enabled)
		return refuse("leave the address or ipv6=false out", text,
			      "was asked for, and IPv6 is off", error);
	if (!ip_prefix_contains(&network->prefix, wanted) ||
	    ip_address_equal(wanted, &network->prefix.address))
		return refuse("take an address of a host in the network", text,
			      "is none that the network has for a container", error);
	if (ip_address_equal(wanted, &network->gateway) || ip_address_equal(wanted, &network->dns))
		return refuse("take another address", text,
			      "is the gateway's or the resolver's own", error);
	network->command = *wanted;
	return true;
}

bool settings_link_plan(const struct settings *settings, struct link_config *ret_link,
			GError **error)
{
	struct link_config link;

	if (!network_plan(&settings->network, &link, error))
		return false;
	outbound_options_apply(&settings->outbound, &link);
	rate_options_apply(&settings->rate, &link);
	if (!place_command(&link.v4, &settings->command4, error) ||
	    !place_command(&link.v6, &settings->command6, error))
		return false;
	*ret_link = link;
	return true;
}

bool settings_link_fill_start(const struct settings *settings, struct handoff_start *start,
			      GError **error)
{
	network_fill_start(&settings->network, start);
	start->outbound = settings->outbound.outbound;
	start->sandbox = settings->sandbox.mode;
	start->rates = settings->rate.rates;
	start->fds[HANDOFF_FD_EGRESS] = egress_set_to_fd(settings->egress.set, error);
	return start->fds[HANDOFF_FD_EGRESS] >= 0 && outbound_find_proxy(&start->outbound, error);
}
