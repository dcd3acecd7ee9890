/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolv_conf - the name servers in the text of a resolv.conf(5) */
#include "forwarder/resolv_conf.h"

#include <string.h>

#include "src/dns_config.h"

static void parse_line(GArray *servers, const char *line)
{
	static const char keyword[] = "nameserver";
	struct sockaddr_storage server;

	if (!g_str_has_prefix(line, keyword))
		return;
	line += strlen(keyword);
	if (!g_ascii_isspace(*line))
		return;
	line += strspn(line, " \t");
	g_autofree char *address = g_strndup(line, strcspn(line, " \t\r#;"));
	if (dns_server_parse(address, &server, NULL))
		g_array_append_val(servers, server);
}

GArray *resolv_conf_servers(const char *text)
{
	GArray *servers = g_array_new(FALSE, TRUE, sizeof(struct sockaddr_storage));
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (size_t i = 0; lines[i]; i++)
		parse_line(servers, lines[i]);
	if (servers->len == 0)
		parse_line(servers, "nameserver 127.0.0.1");
	return servers;
}
