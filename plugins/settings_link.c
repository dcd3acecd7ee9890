/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings_link - from settings to a link and to what its forwarder is told */
#include "plugins/settings_link.h"

#include "launcher/network.h"

bool settings_link_plan(const struct settings *settings, struct link_config *ret_link,
			GError **error)
{
	struct link_config link;

	if (!network_plan(&settings->network, &link, error))
		return false;
	outbound_options_apply(&settings->outbound, &link);
	*ret_link = link;
	return true;
}

void settings_link_fill_start(const struct settings *settings, struct handoff_start *start)
{
	network_fill_start(&settings->network, start);
	start->outbound = settings->outbound.outbound;
}
