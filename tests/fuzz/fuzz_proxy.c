/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_proxy - the URL of a proxy up to the first line's end, then what that proxy says
 *
 * The URL decides how it is spoken to; one that cannot be parsed is that of SOCKS with a user.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "forwarder/proxy_client.h"
#include "src/autoclose.h"
#include "tests/fuzz/fuzz.h"

static struct proxy read_url(const uint8_t *data, size_t size)
{
	g_autofree char *url = g_strndup((const char *)data, size);
	g_autoptr(GError) error = NULL;
	struct proxy proxy;

	if (proxy_parse(url, &proxy, &error)) {
		g_assert(proxy.kind != PROXY_NONE && proxy.port != 0);
		g_assert(strlen(proxy.user) < PROXY_CREDENTIAL_SIZE);
		g_autofree char *text = proxy_to_string(&proxy);
		g_assert(!proxy.password[0] || proxy.user[0]);
	} else {
		g_assert(error);
		g_assert(proxy_parse("socks5h://user:password@127.0.0.1", &proxy, NULL));
	}
	return proxy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ip_address destination = {.family = AF_INET, .v4.s_addr = htonl(0xc0000207)};
	const uint8_t *end = memchr(data, '\n', size);
	size_t url_size = end ? (size_t)(end - data) : size;
	struct proxy proxy = read_url(data, url_size);
	int pair[2], errnum = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		return 0;
	autoclose int ours = pair[0], theirs = pair[1];
	struct proxy_client *client = proxy_client_new(&proxy, &destination, 443, "web.test");
	enum proxy_progress progress = proxy_client_run(client, ours, &errnum);
	if (end)
		(void)!write(theirs, end + 1, size - url_size - 1);
	shutdown(theirs, SHUT_WR);
	if (progress == PROXY_WANTS_READ)
		progress = proxy_client_run(client, ours, &errnum);
	/* The stream has ended: it can want nothing more. */
	g_assert(progress == PROXY_CONNECTED || (progress == PROXY_FAILED && errnum != 0));
	proxy_client_free(client);
	return 0;
}
