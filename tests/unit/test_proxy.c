/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_proxy - URLs of proxies, and what proxies say */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "forwarder/proxy_client.h"
#include "src/autoclose.h"
#include "src/failure.h"

static void test_urls(void)
{
	static const struct {
		const char *url, *user, *password, *text;
	} good[] = {
		{"socks5://127.0.0.1", "", "", "socks5://127.0.0.1:1080"},
		{"socks5h://127.0.0.1:9050/", "", "", "socks5h://127.0.0.1:9050"},
		{"http://[::1]:3128", "", "", "http://[::1]:3128"},
		{"http://192.0.2.1", "", "", "http://192.0.2.1:8080"},
		{"socks5://me@192.0.2.1", "me", "", "socks5://192.0.2.1:1080"},
		{"socks5://a%40b:c:d@e@192.0.2.1:65535", "a@b", "c:d@e",
		 "socks5://192.0.2.1:65535"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		struct proxy proxy;
		g_assert_true(proxy_parse(good[i].url, &proxy, NULL));
		g_assert_true(proxy_resolve(&proxy, NULL));
		g_autofree char *text = proxy_to_string(&proxy);
		g_assert_cmpstr(text, ==, good[i].text);
		g_assert_cmpstr(proxy.user, ==, good[i].user);
		g_assert_cmpstr(proxy.password, ==, good[i].password);
	}
}

static void test_bad_urls(void)
{
	static const char *const bad[] = {
		"",
		"127.0.0.1:1080",
		"://a",
		"socks4://a",
		"SOCKS5://a",
		"socks5://",
		"socks5:///",
		"socks5://:1080",
		"socks5://a:",
		"socks5://a:0",
		"socks5://a:65536",
		"socks5://a:1:2",
		"socks5://a/b",
		"socks5://a b",
		"socks5://[::1",
		"socks5://[::1]x",
		"socks5://[127.0.0.1]",
		"socks5://::1",
		"http://secret@",
		"http://@a",
		"http://:secret@a",
		"http://a%00:secret@a",
		"http://a%0d%0aX:secret@a",
		"http://a:secret%zz@a",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		struct proxy proxy;
		g_assert_false(proxy_parse(bad[i], &proxy, &error));
		g_assert_error(error, FAILURE, EINVAL);
		g_assert_null(strstr(error->message, "secret"));
	}
	g_autofree char *letters = g_strnfill(256, 'a');
	g_autofree char *url = g_strdup_printf("socks5://%s@host", letters);
	struct proxy proxy;
	g_assert_false(proxy_parse(url, &proxy, NULL));
}

/* One conversation: what the proxy says comes in pieces of one byte. */
struct conversation {
	const char *url, *name;
	const void *says;
	size_t size;
	int errnum;	  /* 0: connected */
	const void *asks; /* what the proxy is told in all */
	size_t asks_size;
};

static void converse(const struct conversation *c)
{
	struct ip_address destination;
	struct proxy proxy;
	int pair[2], errnum = 0;
	char heard[1024];
	enum proxy_progress progress;

	g_assert_true(ip_address_parse("192.0.2.7", &destination, NULL));
	g_assert_true(proxy_parse(c->url, &proxy, NULL));
	g_assert_no_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	autoclose int ours = pair[0], theirs = pair[1];
	struct proxy_client *client = proxy_client_new(&proxy, &destination, 443, c->name);
	progress = proxy_client_run(client, ours, &errnum);
	for (size_t i = 0; i < c->size && progress == PROXY_WANTS_READ; i++) {
		g_assert_cmpint(write(theirs, (const char *)c->says + i, 1), ==, 1);
		progress = proxy_client_run(client, ours, &errnum);
		/* Only with the last byte it is through. */
		g_assert_true(i + 1 == c->size || progress == PROXY_WANTS_READ);
	}
	g_assert_cmpint(progress, ==, c->errnum ? PROXY_FAILED : PROXY_CONNECTED);
	g_assert_cmpint(errnum, ==, c->errnum);
	ssize_t size = recv(theirs, heard, sizeof(heard), MSG_DONTWAIT);
	if (c->asks)
		g_assert_cmpmem(heard, size, c->asks, c->asks_size);
	proxy_client_free(client);
}

#define BYTES(text) text, sizeof(text) - 1

static void test_socks(void)
{
	static const struct conversation all[] = {
		{"socks5://a", "web.test", BYTES("\5\0\5\0\0\1\0\0\0\0\0\0"), 0,
		 BYTES("\5\1\0\5\1\0\1\300\0\2\7\1\273")},
		{"socks5h://a", "web.test", BYTES("\5\0\5\0\0\3\3abc\0\0"), 0,
		 BYTES("\5\1\0\5\1\0\3\10web.test\1\273")},
		{"socks5h://a", NULL, BYTES("\5\0\5\0\0\4aaaabbbbccccdddd\0\0"), 0,
		 BYTES("\5\1\0\5\1\0\1\300\0\2\7\1\273")},
		{"socks5h://a", "not a name", BYTES("\5\0\5\0\0\1\0\0\0\0\0\0"), 0,
		 BYTES("\5\1\0\5\1\0\1\300\0\2\7\1\273")},
		{"socks5://me:pw@a", NULL, BYTES("\5\2\1\0\5\0\0\1\0\0\0\0\0\0"), 0,
		 BYTES("\5\2\0\2\1\2me\2pw\5\1\0\1\300\0\2\7\1\273")},
		{"socks5://me:pw@a", NULL, BYTES("\5\2\1\1"), EACCES, NULL, 0},
		{"socks5://a", NULL, BYTES("\5\2"), EACCES, NULL, 0},
		{"socks5://a", NULL, BYTES("\5\377"), EACCES, NULL, 0},
		{"socks5://a", NULL, BYTES("\4\0"), EHOSTUNREACH, NULL, 0},
		{"socks5://a", NULL, BYTES("\5\0\5\5\0\1\0"), ECONNREFUSED, NULL, 0},
		{"socks5://a", NULL, BYTES("\5\0\5\2\0\1\0"), EACCES, NULL, 0},
		{"socks5://a", NULL, BYTES("\5\0\5\3\0\1\0"), ENETUNREACH, NULL, 0},
		{"socks5://a", NULL, BYTES("\5\0\5\1\0\1\0"), EHOSTUNREACH, NULL, 0},
		{"socks5://a", NULL, BYTES("\5\0\5\0\0\7\0"), EHOSTUNREACH, NULL, 0},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		converse(&all[i]);
}

static void test_http(void)
{
	static const struct conversation all[] = {
		{"http://a", "web.test", BYTES("HTTP/1.1 200 OK\r\nA: b\r\n\r\n"), 0,
		 BYTES("CONNECT web.test:443 HTTP/1.1\r\nHost: web.test:443\r\n\r\n")},
		{"http://me:pw@a", NULL, BYTES("HTTP/1.0 200\r\n\r\n"), 0,
		 BYTES("CONNECT 192.0.2.7:443 HTTP/1.1\r\nHost: 192.0.2.7:443\r\n"
		       "Proxy-Authorization: Basic bWU6cHc=\r\n\r\n")},
		{"http://a", "a\r\nX: y", BYTES("HTTP/1.0 204 x\r\n\r\n"), 0,
		 BYTES("CONNECT 192.0.2.7:443 HTTP/1.1\r\nHost: 192.0.2.7:443\r\n\r\n")},
		{"http://a", NULL,
		 BYTES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Wait\r\nA: b\r\n\r\n"
		       "HTTP/1.1 200 OK\r\n\r\n"),
		 0, BYTES("CONNECT 192.0.2.7:443 HTTP/1.1\r\nHost: 192.0.2.7:443\r\n\r\n")},
		{"http://a", NULL,
		 BYTES("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\n"
		       "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\n"
		       "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\n"),
		 EACCES, NULL, 0},
		{"http://a", NULL, BYTES("HTTP/1.1 407 Who\r\n\r\n"), EACCES, NULL, 0},
		{"http://a", NULL, BYTES("HTTP/1.1 502 No\r\n\r\n"), ECONNREFUSED, NULL, 0},
		{"http://a", NULL, BYTES("HTTP/1.1 504 No\r\n\r\n"), EHOSTUNREACH, NULL, 0},
		{"http://a", NULL, BYTES("HTTP/1.1 abc\r\n\r\n"), EACCES, NULL, 0},
		{"http://a", NULL, BYTES("SSH-2.0-abcd"), EHOSTUNREACH, NULL, 0},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		converse(&all[i]);
}

/* What comes right behind the proxy's last word is not touched. */
static void test_surplus(void)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\n\r\nSSH-2.0-hello";
	struct proxy proxy;
	struct ip_address destination;
	int pair[2], errnum;
	char rest[64];

	g_assert_true(ip_address_parse("2001:db8::1", &destination, NULL));
	g_assert_true(proxy_parse("http://a", &proxy, NULL));
	g_assert_no_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	autoclose int ours = pair[0], theirs = pair[1];
	struct proxy_client *client = proxy_client_new(&proxy, &destination, 22, NULL);
	g_assert_cmpint(write(theirs, reply, strlen(reply)), ==, (ssize_t)strlen(reply));
	g_assert_cmpint(proxy_client_run(client, ours, &errnum), ==, PROXY_CONNECTED);
	ssize_t size = read(ours, rest, sizeof(rest));
	g_assert_cmpmem(rest, size, "SSH-2.0-hello", 13);
	proxy_client_free(client);
}

static void test_end(void)
{
	struct proxy proxy;
	struct ip_address destination;
	int pair[2], errnum = 0;

	g_assert_true(ip_address_parse("192.0.2.7", &destination, NULL));
	g_assert_true(proxy_parse("socks5://a", &proxy, NULL));
	g_assert_no_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	autoclose int ours = pair[0], theirs = pair[1];
	struct proxy_client *client = proxy_client_new(&proxy, &destination, 22, NULL);
	close_fd(&theirs);
	g_assert_cmpint(proxy_client_run(client, ours, &errnum), ==, PROXY_FAILED);
	g_assert_cmpint(errnum, ==, EHOSTUNREACH);
	proxy_client_free(client);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/proxy/urls", test_urls);
	g_test_add_func("/proxy/bad-urls", test_bad_urls);
	g_test_add_func("/proxy/socks", test_socks);
	g_test_add_func("/proxy/http", test_http);
	g_test_add_func("/proxy/surplus", test_surplus);
	g_test_add_func("/proxy/end", test_end);
	return g_test_run();
}
