/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolv_conf - the host's name servers, as its resolv.conf(5) names them right now */
#include "forwarder/resolv_conf.h"

#include <netdb.h>
#include <string.h>
#include <sys/stat.h>

#include <glib.h>

struct resolv_conf {
	char *path;
	struct stat read_at; /* identity of the file when it was read; zeroes before that */
	struct sockaddr_storage v4, v6; /* first of each family; ss_family 0 if there is none */
};

struct resolv_conf *resolv_conf_new(const char *path)
{
	struct resolv_conf *conf = g_new0(struct resolv_conf, 1);

	conf->path = g_strdup(path);
	return conf;
}

void resolv_conf_free(struct resolv_conf *conf)
{
	if (!conf)
		return;
	g_free(conf->path);
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

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void reread_if_changed(struct resolv_conf *conf)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	struct stat now;

	/* Looked at before it is read: a change in between is then seen the next time. */
	if (stat(conf->path, &now) < 0 || is_same_file(&now, &conf->read_at))
		return;
	if (!g_file_get_contents(conf->path, &text, NULL, NULL))
		return;
	conf->read_at = now;
	memset(&conf->v4, 0, sizeof(conf->v4));
	memset(&conf->v6, 0, sizeof(conf->v6));
	lines = g_strsplit(text, "\n", -1);
	for (size_t i = 0; lines[i]; i++)
		parse_line(conf, lines[i]);
}

bool resolv_conf_nameserver(struct resolv_conf *conf, int family,
			    struct sockaddr_storage *ret_sockaddr)
{
	const struct sockaddr_storage *wanted, *other;

	reread_if_changed(conf);
	wanted = family == AF_INET ? &conf->v4 : &conf->v6;
	other = family == AF_INET ? &conf->v6 : &conf->v4;
	if (wanted->ss_family == AF_UNSPEC)
		wanted = other;
	if (wanted->ss_family == AF_UNSPEC)
		return false;
	*ret_sockaddr = *wanted;
	return true;
}
