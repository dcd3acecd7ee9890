/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolv_conf - the name servers in the text of a resolv.conf(5) */
#include "forwarder/resolv_conf.h"

#include <netdb.h>
#include <string.h>

#include <glib.h>

struct resolv_conf {
	struct sockaddr_storage v4, v6; /* first of each family; ss_family 0 if there is none */
};

struct resolv_conf *resolv_conf_new(void)
{
	return g_new0(struct resolv_conf, 1);
}

void resolv_conf_free(struct resolv_conf *conf)
{
	g_free(conf);
}

static void add_nameserver(struct resolv_conf *conf, const char *text)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM};
	struct sockaddr_storage *place;
	struct addrinfo *found;

	/* getaddrinfo() because it also reads the scope of a link-local address (fe80::1%eth0). */
	if (getaddrinfo(text, NULL, &hints, &found) != 0)
		return;
	place = found->ai_family == AF_INET ? &conf->v4 : &conf->v6;
	if (place->ss_family == AF_UNSPEC)
		memcpy(place, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
}

static void parse_line(struct resolv_conf *conf, const char *line)
{
	static const char keyword[] = "nameserver";
	g_autofree char *address = NULL;

	if (!g_str_has_prefix(line, keyword))
		return;
	line += strlen(keyword);
	if (!g_ascii_isspace(*line))
		return;
	line += strspn(line, " \t");
	address = g_strndup(line, strcspn(line, " \t\r"));
	if (*address)
		add_nameserver(conf, address);
}

void resolv_conf_set(struct resolv_conf *conf, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	memset(conf, 0, sizeof(*conf));
	for (size_t i = 0; lines[i]; i++)
		parse_line(conf, lines[i]);
}

bool resolv_conf_nameserver(const struct resolv_conf *conf, int family,
			    struct sockaddr_storage *ret_sockaddr)
{
	const struct sockaddr_storage *wanted, *other;

	wanted = family == AF_INET ? &conf->v4 : &conf->v6;
	other = family == AF_INET ? &conf->v6 : &conf->v4;
	if (wanted->ss_family == AF_UNSPEC)
		wanted = other;
	if (wanted->ss_family == AF_UNSPEC)
		return false;
	*ret_sockaddr = *wanted;
	return true;
}
