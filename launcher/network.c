/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network - from options to a link: addresses, MAC, MTU, resolv.conf and hosts */
#include "launcher/network.h"

#include <string.h>

#include "link/netconfig.h"
#include "src/failure.h"

bool network_plan(const struct network_options *options, struct link_config *ret_link,
		  GError **error)
{
	struct link_config link = {
		.kind = options->link,
		.mtu = options->mtu,
		.udp_timeout = options->udp_timeout,
		.udp_brief_timeout = options->udp_brief_timeout,
		.mac = options->mac,
	};

	g_strlcpy(link.ifname, options->ifname, sizeof(link.ifname));
	if (!options->has_mac && !mac_address_random(&link.mac, error))
		return false;
	if (!netconfig_choose_networks(&link, &options->cidr, &options->cidr6, !options->no_ipv6,
				       error))
		return false;
	*ret_link = link;
	return true;
}

void network_fill_start(const struct network_options *options, struct handoff_start *start)
{
	const struct host_access *access = &options->access;
	struct port_set *ports = &start->ports;

	g_array_append_vals(ports->sockets, options->sockets->data, options->sockets->len);
	for (guint i = 0; i < options->ports->len; i++) {
		struct port_rule rule = g_array_index(options->ports, struct port_rule, i);

		rule.id = i + 1;
		g_array_append_val(ports->rules, rule);
	}
	g_array_append_vals(start->access.ports, access->ports->data, access->ports->len);
	start->access.all = access->all;
}

static bool has_keyword(const char *line, const char *keyword)
{
	size_t length = strlen(keyword);

	return g_str_has_prefix(line, keyword) && g_ascii_isspace(line[length]);
}

static void append_resolver_options(GString *text, const char *host_path)
{
	g_autofree char *host_text = NULL;

	if (!g_file_get_contents(host_path, &host_text, NULL, NULL))
		return;
	g_auto(GStrv) lines = g_strsplit(host_text, "\n", -1);
	for (char **line = lines; *line; line++)
		if (has_keyword(*line, "search") || has_keyword(*line, "domain") ||
		    has_keyword(*line, "options"))
			g_string_append_printf(text, "%s\n", *line);
}

static void append_name_servers(GString *text, const GPtrArray *dns)
{
	for (guint i = 0; i < dns->len; i++)
		g_string_append_printf(text, "nameserver %s\n", (char *)g_ptr_array_index(dns, i));
}

char *network_foreign_resolv_conf(const struct network_options *options, const char *host_path)
{
	GString *text = g_string_new(NULL);
	g_autofree char *host_text = NULL;

	append_name_servers(text, options->dns);
	if (options->mode == NETWORK_NONE || options->dns->len)
		append_resolver_options(text, host_path);
	else if (g_file_get_contents(host_path, &host_text, NULL, NULL))
		g_string_append(text, host_text);
	return g_string_free(text, FALSE);
}

char *network_resolv_conf(const struct link_config *link, const GPtrArray *dns,
			  const char *host_path)
{
	GString *text = g_string_new(NULL);
	char address[IP_ADDRESS_TEXT_SIZE];

	append_name_servers(text, dns);
	if (dns->len == 0)
		g_string_append_printf(text, "nameserver %s\n",
				       ip_address_text(&link->v4.dns, address));
	append_resolver_options(text, host_path);
	return g_string_free(text, FALSE);
}

static void append_entry(GString *text, const struct ip_address *address, const char *names)
{
	char buffer[IP_ADDRESS_TEXT_SIZE];

	if (address->family != AF_UNSPEC)
		g_string_append_printf(text, "%s\t%s\n", ip_address_text(address, buffer), names);
}

/* The host's loopback is not the command's: such entries would lead to the wrong machine. */
static bool is_useful_entry(const char *line)
{
	g_autofree char *first = g_strndup(line, strcspn(line, " \t#"));
	struct ip_address address;

	return ip_address_parse(first, &address, NULL) && !ip_address_is_host_loopback(&address);
}

char *network_hosts(const struct link_config *link, const char *hostname, const char *host_path)
{
	GString *text = g_string_new("127.0.0.1\tlocalhost\n"
				     "::1\tlocalhost ip6-localhost ip6-loopback\n");
	g_autofree char *host_text = NULL;

	append_entry(text, &link->v4.command, hostname);
	append_entry(text, &link->v6.command, hostname);
	append_entry(text, &link->v4.gateway, "host.internal");
	append_entry(text, &link->v6.gateway, "host.internal");
	if (g_file_get_contents(host_path, &host_text, NULL, NULL)) {
		g_auto(GStrv) lines = g_strsplit(host_text, "\n", -1);
		for (char **line = lines; *line; line++)
			if (is_useful_entry(*line))
				g_string_append_printf(text, "%s\n", *line);
	}
	return g_string_free(text, FALSE);
}
