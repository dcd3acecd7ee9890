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
	dns_config_append(&start->dns, &options->dns.config);
}

static bool has_keyword(const char *line, const char *keyword)
{
	size_t length = strlen(keyword);

	return g_str_has_prefix(line, keyword) && g_ascii_isspace(line[length]);
}

static void append_words(GString *text, const char *keyword, const GPtrArray *words)
{
	if (words->len == 0)
		return;
	g_string_append(text, keyword);
	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(text, " %s", (char *)g_ptr_array_index(words, i));
	g_string_append_c(text, '\n');
}

/* Search list and options. */
static void append_habits(GString *text, const struct dns_options *dns, const char *host_path)
{
	bool own_search = dns->search->len || dns->no_search;
	g_autofree char *host_text = NULL;

	append_words(text, "search", dns->search);
	/* Without any the C library would take the host name's domain. */
	if (dns->no_search && !dns->search->len)
		g_string_append(text, "search .\n");
	append_words(text, "options", dns->options);
	if (!g_file_get_contents(host_path, &host_text, NULL, NULL))
		return;
	g_auto(GStrv) lines = g_strsplit(host_text, "\n", -1);
	for (char **line = lines; *line; line++) {
		bool is_search = has_keyword(*line, "search") || has_keyword(*line, "domain");

		if ((is_search && !own_search) ||
		    (has_keyword(*line, "options") && !dns->options->len))
			g_string_append_printf(text, "%s\n", *line);
	}
}

static void append_name_servers(GString *text, const GArray *servers)
{
	for (guint i = 0; i < servers->len; i++) {
		g_autofree char *server =
			dns_server_to_string(&g_array_index(servers, struct sockaddr_storage, i));
		g_string_append_printf(text, "nameserver %s\n", server);
	}
}

static void append_host_servers(GString *text, const char *host_path)
{
	g_autofree char *host_text = NULL;

	if (!g_file_get_contents(host_path, &host_text, NULL, NULL))
		return;
	g_auto(GStrv) lines = g_strsplit(host_text, "\n", -1);
	for (char **line = lines; *line; line++)
		if (has_keyword(*line, "nameserver"))
			g_string_append_printf(text, "%s\n", *line);
}

static bool has_habits(const struct dns_options *dns)
{
	return dns->search->len || dns->no_search || dns->options->len;
}

char *network_foreign_resolv_conf(const struct network_options *options, const char *host_path)
{
	const struct dns_options *dns = &options->dns;
	const GArray *servers = dns->config.servers;
	GString *text = g_string_new(NULL);
	char *host_text;

	if (options->mode == NETWORK_HOST && !servers->len && !has_habits(dns) &&
	    g_file_get_contents(host_path, &host_text, NULL, NULL)) {
		g_string_free(text, TRUE);
		return host_text;
	}
	append_name_servers(text, servers);
	if (options->mode == NETWORK_HOST && !servers->len)
		append_host_servers(text, host_path);
	append_habits(text, dns, host_path);
	return g_string_free(text, FALSE);
}

char *network_resolv_conf(const struct link_config *link, const struct dns_options *dns,
			  const char *host_path)
{
	GString *text = g_string_new(NULL);
	char address[IP_ADDRESS_TEXT_SIZE];

	g_string_append_printf(text, "nameserver %s\n", ip_address_text(&link->v4.dns, address));
	append_habits(text, dns, host_path);
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

static bool is_added(const struct dns_options *dns, const char *name)
{
	const GArray *hosts = dns->config.hosts;

	for (guint i = 0; i < hosts->len; i++)
		if (g_ascii_strcasecmp(g_array_index(hosts, struct dns_host, i).name, name) == 0)
			return true;
	return false;
}

/* A line of the host's, without the names that have been added: C libraries take all there are. */
static void append_line(GString *text, const char *line, const struct dns_options *dns)
{
	unsigned n_names = 0, n_kept = 0;
	bool has_address = false;

	/* Lists of hosts to be blocked have a hundred thousand lines. */
	if (!dns->config.hosts->len) {
		g_string_append_printf(text, "%s\n", line);
		return;
	}
	g_autofree char *entry = g_strndup(line, strcspn(line, "#"));
	g_auto(GStrv) words = g_strsplit_set(entry, " \t\r", -1);
	g_autoptr(GString) kept = g_string_new(NULL);
	for (char **word = words; *word; word++) {
		if (!**word)
			continue;
		n_names += has_address;
		if (has_address && is_added(dns, *word))
			continue;
		n_kept += has_address;
		g_string_append_printf(kept, "%s%s", has_address ? "\t" : "", *word);
		has_address = true;
	}
	if (n_kept == n_names)
		g_string_append_printf(text, "%s\n", line);
	else if (n_kept)
		g_string_append_printf(text, "%s\n", kept->str);
}

static void append_own_names(GString *text, const struct link_config *link,
			     const struct dns_options *dns)
{
	const GArray *hosts = dns->config.hosts;

	for (guint i = 0; i < hosts->len; i++) {
		const struct dns_host *host = &g_array_index(hosts, struct dns_host, i);

		append_entry(text, &host->address, host->name);
		if (host->address.family || !link)
			continue;
		append_entry(text, &link->v4.gateway, host->name);
		append_entry(text, &link->v6.gateway, host->name);
	}
}

/* What the name is without --add-host. */
static void append_default(GString *text, const struct dns_options *dns, const char *name,
			   const struct ip_address *v4, const struct ip_address *v6)
{
	if (is_added(dns, name))
		return;
	append_entry(text, v4, name);
	append_entry(text, v6, name);
}

char *network_hosts(const struct link_config *link, const struct dns_options *dns,
		    const char *hostname, const char *host_path)
{
	GString *text = g_string_new(NULL);
	g_autofree char *host_text = NULL;

	append_own_names(text, link, dns);
	g_string_append(text, "127.0.0.1\tlocalhost\n"
			      "::1\tlocalhost ip6-localhost ip6-loopback\n");
	append_default(text, dns, hostname, &link->v4.command, &link->v6.command);
	append_default(text, dns, "host.internal", &link->v4.gateway, &link->v6.gateway);
	if (g_file_get_contents(host_path, &host_text, NULL, NULL)) {
		g_auto(GStrv) lines = g_strsplit(host_text, "\n", -1);
		for (char **line = lines; *line; line++)
			if (is_useful_entry(*line))
				append_line(text, *line, dns);
	}
	return g_string_free(text, FALSE);
}

char *network_host_hosts(const struct dns_options *dns, const char *host_path)
{
	GString *text = g_string_new(NULL);
	g_autofree char *host_text = NULL;

	append_own_names(text, NULL, dns);
	if (!g_file_get_contents(host_path, &host_text, NULL, NULL))
		return g_string_free(text, FALSE);
	g_auto(GStrv) lines = g_strsplit(host_text, "\n", -1);
	for (char **line = lines; *line && (line[1] || **line); line++)
		append_line(text, *line, dns);
	return g_string_free(text, FALSE);
}
