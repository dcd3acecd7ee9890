/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shared_link - a link whose networks look like the host's */
#include "tests/unit/shared_link.h"

#include <glib.h>

struct ip_address shared_link_address(const char *text)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	return address;
}

void shared_link_assert_address(const struct ip_address *address, const char *text)
{
	char buffer[IP_ADDRESS_TEXT_SIZE];

	g_assert_cmpstr(ip_address_text(address, buffer), ==, text);
}

static void share(struct link_network *network, const char *command, unsigned length,
		  const char *router)
{
	struct ip_address command_address = shared_link_address(command);
	struct ip_address router_address = shared_link_address(router);

	link_network_share(network, &command_address, length, &router_address);
}

void shared_link_fill(struct link_config *link)
{
	*link = (struct link_config){.kind = LINK_TAP, .mtu = 1500};
	share(&link->v4, COMMAND4, 24, "192.0.2.1");
	share(&link->v6, COMMAND6, 64, "fe80::1");
	link->v4.dns = shared_link_address(DNS4);
	link->v4.host = shared_link_address(HOST4);
	link->v4.opens_host = true;
}
