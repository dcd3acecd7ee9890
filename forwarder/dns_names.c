/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_names - the names that the container's resolver answers itself */
#include "forwarder/dns_names.h"

struct dns_names {
	GHashTable *addresses; /* char * -> GArray of struct ip_address */
};

static void unref_array(gpointer array)
{
	g_array_unref(array);
}

static void add(struct dns_names *names, const char *name, const struct ip_address *address)
{
	GArray *addresses = g_hash_table_lookup(names->addresses, name);

	if (!addresses) {
		addresses = g_array_new(FALSE, FALSE, sizeof(*address));
		g_hash_table_insert(names->addresses, g_strdup(name), addresses);
	}
	g_array_append_val(addresses, *address);
}

static void add_host_itself(struct dns_names *names, const char *name,
			    const struct link_config *link)
{
	const struct ip_address *const addresses[] = {link_network_reached_host(&link->v4),
						      link_network_reached_host(&link->v6)};

	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++)
		if (addresses[i]->family)
			add(names, name, addresses[i]);
}

struct dns_names *dns_names_new(const struct dns_config *config, const struct link_config *link)
{
	struct dns_names *names = g_new0(struct dns_names, 1);

	names->addresses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_array);
	for (guint i = 0; i < config->hosts->len; i++) {
		const struct dns_host *host = &g_array_index(config->hosts, struct dns_host, i);

		if (host->address.family)
			add(names, host->name, &host->address);
		else
			add_host_itself(names, host->name, link);
	}
	if (!dns_names_find(names, DNS_NAME_OF_HOST))
		add_host_itself(names, DNS_NAME_OF_HOST, link);
	return names;
}

void dns_names_free(struct dns_names *names)
{
	if (!names)
		return;
	g_hash_table_unref(names->addresses);
	g_free(names);
}

const GArray *dns_names_find(const struct dns_names *names, const char *name)
{
	return g_hash_table_lookup(names->addresses, name);
}
