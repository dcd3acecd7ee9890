/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_dns - the part of the command line that is about names */
#include "launcher/options_dns.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"
#include "src/option_bytes.h"

#define HOST_GATEWAY "host-gateway"

static gboolean on_dns(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
		       GError **error)
{
	struct dns_options *options = data;
	struct sockaddr_storage server;

	if (!dns_server_parse(value, &server, error))
		return false;
	if (options->config.servers->len == DNS_SERVERS_MAX) {
		failure_set(error, E2BIG, "leave some out", "there are more than %d name servers",
			    DNS_SERVERS_MAX);
		return false;
	}
	g_array_append_val(options->config.servers, server);
	return true;
}

static gboolean on_search(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			  GError **error)
{
	struct dns_options *options = data;

	if (g_str_equal(value, ".")) {
		options->no_search = true;
		return true;
	}
	char *domain = dns_host_name_parse(value, error);
	if (!domain)
		return false;
	g_ptr_array_add(options->search, domain);
	return true;
}

static gboolean on_option(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			  GError **error)
{
	struct dns_options *options = data;
	g_autofree char *printable = g_strescape(value, NULL);

	if (!*value || value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-:")]) {
		failure_set(error, EINVAL, "see resolv.conf(5), e.g. ndots:2",
			    "--dns-option '%s' is none", printable);
		return false;
	}
	g_ptr_array_add(options->options, g_strdup(value));
	return true;
}

static gboolean on_add_host(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			    GError **error)
{
	struct dns_options *options = data;
	const char *colon = strchr(value, ':');
	g_autofree char *printable = g_strescape(value, NULL);
	struct ip_address address = {0};

	if (!colon) {
		failure_set(error, EINVAL, "write NAME:ADDRESS, or NAME:" HOST_GATEWAY,
			    "--add-host '%s' has no address", printable);
		return false;
	}
	g_autofree char *text = g_strndup(value, (size_t)(colon - value));
	g_autofree char *host = dns_host_name_parse(text, error);
	if (!host || (!g_str_equal(colon + 1, HOST_GATEWAY) &&
		      !ip_address_parse(colon + 1, &address, error))) {
		g_prefix_error(error, "--add-host '%s': ", printable);
		return false;
	}
	dns_config_add_host(&options->config, host, &address);
	return true;
}

static GOptionGroup *make_group(struct dns_options *options, bool is_link_alone)
{
#define CALLBACK(function) G_OPTION_ARG_CALLBACK, (void *)(function)
	const GOptionEntry of_link[] = {
		{"dns", 0, 0, CALLBACK(on_dns),
		 "Name server to ask instead of the host's: ADDRESS[#PORT] (repeatable)", "SERVER"},
		{"add-host", 0, 0, CALLBACK(on_add_host),
		 "A name of the container's own: NAME:ADDRESS, NAME:" HOST_GATEWAY " (repeatable)",
		 "RULE"},
		{0},
	};
	const GOptionEntry of_files[] = {
		{"dns-search", 0, 0, CALLBACK(on_search),
		 "Search list instead of the host's; . for none (repeatable)", "DOMAIN"},
		{"dns-option", 0, 0, CALLBACK(on_option),
		 "Option of resolv.conf instead of the host's (repeatable)", "OPTION"},
		{0},
	};
#undef CALLBACK
	GOptionGroup *group =
		g_option_group_new("names", "Names:", "Show the options for names", options, NULL);

	option_bytes_add(group, of_link);
	if (!is_link_alone)
		option_bytes_add(group, of_files);
	return group;
}

GOptionGroup *dns_options_group(struct dns_options *options)
{
	return make_group(options, false);
}

GOptionGroup *dns_options_group_of_link(struct dns_options *options)
{
	return make_group(options, true);
}

void dns_options_init(struct dns_options *options)
{
	*options = (struct dns_options){
		.search = g_ptr_array_new_with_free_func(g_free),
		.options = g_ptr_array_new_with_free_func(g_free),
	};
	dns_config_init(&options->config);
}

void dns_options_done(struct dns_options *options)
{
	dns_config_done(&options->config);
	g_ptr_array_unref(options->search);
	g_ptr_array_unref(options->options);
}

static bool refuse(const char *what, const char *mode, GError **error)
{
	failure_set(error, EINVAL, "leave one of them out", "%s has no meaning with --net=%s", what,
		    mode);
	return false;
}

/* resolv.conf(5) has no place for a port. */
static bool has_port(const struct dns_config *config)
{
	for (guint i = 0; i < config->servers->len; i++) {
		g_autofree char *text = dns_server_to_string(
			&g_array_index(config->servers, struct sockaddr_storage, i));
		if (strchr(text, '#'))
			return true;
	}
	return false;
}

bool dns_options_check_foreign(const struct dns_options *options, const char *mode, GError **error)
{
	const struct dns_config *config = &options->config;

	if (has_port(config))
		return refuse("a port in --dns", mode, error);
	for (guint i = 0; i < config->hosts->len; i++)
		if (!g_array_index(config->hosts, struct dns_host, i).address.family)
			return refuse("--add-host NAME:" HOST_GATEWAY, mode, error);
	return true;
}
