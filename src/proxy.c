/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxy - a proxy for outgoing TCP, as its URL describes it */
#include "src/proxy.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/number.h"

static const struct {
	const char *name;
	uint16_t port;
} kinds[] = {
	[PROXY_SOCKS5] = {"socks5", 1080},
	[PROXY_SOCKS5H] = {"socks5h", 1080},
	[PROXY_HTTP] = {"http", 8080},
};

const char *proxy_kind_name(enum proxy_kind kind)
{
	return kinds[kind].name;
}

enum proxy_kind proxy_kind_of(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_strcmp0(kinds[i].name, name) == 0)
			return (enum proxy_kind)i;
	return PROXY_NONE;
}

static bool refuse(GError **error, const char *problem)
{
	failure_set(error, EINVAL,
		    "write (socks5|socks5h|http)://[USER:PASSWORD@]HOST[:PORT], e.g. "
		    "socks5h://127.0.0.1:1080",
		    "the URL of a proxy %s", problem);
	return false;
}

/* Control characters would end a line of HTTP. */
static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (g_ascii_iscntrl(*text))
			return false;
	return true;
}

static bool take_credential(const char *text, char *ret_credential, GError **error)
{
	g_autofree char *plain = g_uri_unescape_string(text, NULL);

	if (!plain || strlen(plain) >= PROXY_CREDENTIAL_SIZE || !is_printable(plain))
		return refuse(error, "has a user or password that cannot be used");
	strcpy(ret_credential, plain);
	return true;
}

static bool take_credentials(const char *text, struct proxy *proxy, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ":", 2);

	if (!parts[0] || !*parts[0])
		return refuse(error, "has no user before '@'");
	return take_credential(parts[0], proxy->user, error) &&
	       (!parts[1] || take_credential(parts[1], proxy->password, error));
}

static bool take_port(const char *text, struct proxy *proxy, GError **error)
{
	guint64 port;

	if (!*text)
		return true;
	if (*text != ':')
		return refuse(error, "has something behind the host that is no port");
	if (!number_parse(text + 1, 1, 65535, "the port of a proxy", &port, error))
		return false;
	proxy->port = (uint16_t)port;
	return true;
}

static bool is_host_name(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length < 254 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
		       length;
}

static bool take_host(const char *text, struct proxy *proxy, GError **error)
{
	bool is_bracketed = *text == '[';
	size_t length = strcspn(text + is_bracketed, is_bracketed ? "]" : ":");
	g_autofree char *host = g_strndup(text + is_bracketed, length);
	const char *rest = text + is_bracketed + length;

	if (is_bracketed && *rest++ != ']')
		return refuse(error, "has a '[' without ']'");
	bool is_address = ip_address_parse(host, &proxy->address, NULL);
	if (is_bracketed && (!is_address || proxy->address.family != AF_INET6))
		return refuse(error, "has no IPv6 address in its brackets");
	if (!is_bracketed && !is_host_name(host))
		return refuse(error, "has no name or address of a host");
	g_strlcpy(proxy->host, host, sizeof(proxy->host));
	return take_port(rest, proxy, error);
}

bool proxy_parse(const char *url, struct proxy *ret_proxy, GError **error)
{
	const char *separator = strstr(url, "://");
	g_autofree char *scheme = separator ? g_strndup(url, (size_t)(separator - url)) : NULL;
	struct proxy proxy = {.kind = proxy_kind_of(scheme)};

	if (!scheme || proxy.kind == PROXY_NONE)
		return refuse(error, "begins with none of socks5://, socks5h:// and http://");
	proxy.port = kinds[proxy.kind].port;
	g_autofree char *authority = g_strdup(separator + strlen("://"));
	if (g_str_has_suffix(authority, "/"))
		authority[strlen(authority) - 1] = '\0';
	char *host = strrchr(authority, '@');
	if (host)
		*host++ = '\0';
	if ((host && !take_credentials(authority, &proxy, error)) ||
	    !take_host(host ? host : authority, &proxy, error))
		return false;
	*ret_proxy = proxy;
	return true;
}

static void hide_credentials(char *url)
{
	char *authority = strstr(url, "://");
	char *host = strrchr(url, '@');

	if (authority && host && host > authority)
		memset(authority + strlen("://"), '*', (size_t)(host - authority) - strlen("://"));
}

void proxy_hide_credentials(char **argv)
{
	static const char option[] = "--proxy";
	size_t length = strlen(option);

	for (char **word = argv; *word; word++) {
		if (strncmp(*word, option, length) != 0)
			continue;
		if ((*word)[length] == '=')
			hide_credentials(*word + length);
		else if (!(*word)[length] && word[1])
			hide_credentials(word[1]);
	}
}

/* Only of the host's own loopback: no question leaves before it may. */
static bool listens(const struct addrinfo *candidate, uint16_t port)
{
	struct sockaddr_storage address;
	struct ip_address ip;
	uint16_t none;

	if (!ip_address_from_sockaddr(candidate->ai_addr, &ip, &none) ||
	    !ip_address_is_host_loopback(&ip))
		return false;
	autoclose int fd = socket(candidate->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = ip_address_to_sockaddr(&ip, port, &address);
	return fd >= 0 && connect(fd, (const struct sockaddr *)&address, size) == 0;
}

/* localhost is ::1 and 127.0.0.1, and many proxies are at one of them alone. */
static const struct addrinfo *choose_address(const struct addrinfo *found, uint16_t port)
{
	for (const struct addrinfo *at = found; at; at = at->ai_next)
		if (found->ai_next && listens(at, port))
			return at;
	return found;
}

bool proxy_resolve(struct proxy *proxy, GError **error)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *found;
	uint16_t port;

	if (proxy->address.family != AF_UNSPEC)
		return true;
	int status = getaddrinfo(proxy->host, NULL, &hints, &found);
	if (status != 0) {
		failure_set(error, status == EAI_SYSTEM ? errno : 0, "give its address",
			    "the proxy '%s' has no address: %s", proxy->host, gai_strerror(status));
		return false;
	}
	bool ok = ip_address_from_sockaddr(choose_address(found, proxy->port)->ai_addr,
					   &proxy->address, &port);
	freeaddrinfo(found);
	return ok || refuse(error, "leads to an address that is not of IP");
}

char *proxy_to_string(const struct proxy *proxy)
{
	char address[IP_ADDRESS_TEXT_SIZE];
	bool is_v6 = proxy->address.family == AF_INET6;

	return g_strdup_printf("%s://%s%s%s:%u", proxy_kind_name(proxy->kind), is_v6 ? "[" : "",
			       ip_address_text(&proxy->address, address), is_v6 ? "]" : "",
			       proxy->port);
}
