/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_servers - the host's name servers, and which of them to ask first */
#include "forwarder/dns_servers.h"

#include <string.h>

bool dns_servers_set(struct dns_servers *servers, const GArray *addresses)
{
	struct dns_servers wanted = {.n = MIN(addresses->len, DNS_SERVERS_MAX)};

	for (unsigned i = 0; i < wanted.n; i++)
		wanted.addresses[i] = g_array_index(addresses, struct sockaddr_storage, i);
	if (wanted.n == servers->n &&
	    memcmp(wanted.addresses, servers->addresses, sizeof(wanted.addresses)) == 0)
		return false;
	*servers = wanted;
	return true;
}

void dns_servers_order(const struct dns_servers *servers, gint64 now_us,
		       unsigned ret_order[DNS_SERVERS_MAX])
{
	unsigned n = 0;

	for (int is_doubted = 0; is_doubted < 2; is_doubted++)
		for (unsigned i = 0; i < servers->n; i++)
			if ((servers->doubted_until_us[i] > now_us) == is_doubted)
				ret_order[n++] = i;
}

void dns_servers_doubt(struct dns_servers *servers, unsigned i, gint64 now_us)
{
	servers->doubted_until_us[i] = now_us + DNS_DOUBT_S * G_USEC_PER_SEC;
}

void dns_servers_doubt_silent(struct dns_servers *servers, unsigned i, gint64 now_us)
{
	gint64 heard_us = servers->heard_us[i];

	if (!heard_us || now_us - heard_us > DNS_HEARD_S * G_USEC_PER_SEC)
		dns_servers_doubt(servers, i, now_us);
}

void dns_servers_trust(struct dns_servers *servers, unsigned i, gint64 now_us)
{
	servers->doubted_until_us[i] = 0;
	servers->heard_us[i] = now_us;
}
