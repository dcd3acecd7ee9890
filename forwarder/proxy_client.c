/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxy_client - asks a proxy for a connection: SOCKS 5 and HTTP CONNECT */
#include "forwarder/proxy_client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <glib.h>

/* RFC 1928 and RFC 1929. */
#define SOCKS_VERSION	       5
#define SOCKS_CONNECT	       1
#define SOCKS_METHOD_NONE      0
#define SOCKS_METHOD_PASSWORD  2
#define SOCKS_PASSWORD_VERSION 1
#define SOCKS_ADDRESS_V4       1
#define SOCKS_ADDRESS_NAME     3
#define SOCKS_ADDRESS_V6       4
/* Version, reply, reserved, address type, and the first byte of the address. */
#define SOCKS_REPLY_HEAD 5

/* More than this of status and header is none. */
#define HTTP_REPLY_MAX 16384
/* Answers before the answer. */
#define HTTP_INTERIM_MAX 8
/* "HTTP/1.1 200" */
#define HTTP_STATUS_AT	9
#define HTTP_STATUS_END 12

struct proxy_client;
/* Looks at what the proxy has said, and prepares what comes next. */
typedef enum proxy_progress (*proxy_step)(struct proxy_client *client, int *ret_errnum);

struct proxy_client {
	struct proxy proxy;
	struct ip_address destination;
	uint16_t port;
	char *name;
	GByteArray *out; /* to be written */
	GByteArray *in;	 /* was read */
	size_t wanted;	 /* bytes of in that the step needs; of HTTP the most there may be */
	proxy_step step;
	unsigned n_interim;
};

static enum proxy_progress fail(int errnum, int *ret_errnum)
{
	*ret_errnum = errnum;
	return PROXY_FAILED;
}

static void put(struct proxy_client *client, const void *data, size_t size)
{
	g_byte_array_append(client->out, data, (guint)size);
}

static void put_byte(struct proxy_client *client, size_t value)
{
	const uint8_t byte = (uint8_t)value;

	put(client, &byte, 1);
}

/* A length in one byte, and the text. */
static void put_text(struct proxy_client *client, const char *text)
{
	put_byte(client, strlen(text));
	put(client, text, strlen(text));
}

static enum proxy_progress expect(struct proxy_client *client, size_t size, proxy_step step)
{
	client->wanted = size;
	client->step = step;
	return client->out->len ? PROXY_WANTS_WRITE : PROXY_WANTS_READ;
}

/* --- SOCKS 5 --- */

static int errno_of_reply(uint8_t reply)
{
	switch (reply) {
	case 2: /* not allowed by ruleset */
		return EACCES;
	case 3: /* network unreachable */
	case 8: /* address type not supported */
		return ENETUNREACH;
	case 5: /* connection refused */
		return ECONNREFUSED;
	default: /* general failure, host unreachable, TTL expired, command not supported */
		return EHOSTUNREACH;
	}
}

static enum proxy_progress on_reply_end(struct proxy_client *client G_GNUC_UNUSED,
					int *ret_errnum G_GNUC_UNUSED)
{
	return PROXY_CONNECTED;
}

static enum proxy_progress on_reply(struct proxy_client *client, int *ret_errnum)
{
	const uint8_t *reply = client->in->data;
	size_t address_size;

	if (reply[0] != SOCKS_VERSION)
		return fail(EHOSTUNREACH, ret_errnum);
	if (reply[1] != 0)
		return fail(errno_of_reply(reply[1]), ret_errnum);
	if (reply[3] == SOCKS_ADDRESS_V4)
		address_size = 4;
	else if (reply[3] == SOCKS_ADDRESS_V6)
		address_size = 16;
	else if (reply[3] == SOCKS_ADDRESS_NAME)
		address_size = (size_t)1 + reply[4];
	else
		return fail(EHOSTUNREACH, ret_errnum);
	return expect(client, SOCKS_REPLY_HEAD - 1 + address_size + sizeof(uint16_t), on_reply_end);
}

static enum proxy_progress request(struct proxy_client *client)
{
	bool v4 = client->destination.family == AF_INET;

	put_byte(client, SOCKS_VERSION);
	put_byte(client, SOCKS_CONNECT);
	put_byte(client, 0);
	if (client->name) {
		put_byte(client, SOCKS_ADDRESS_NAME);
		put_text(client, client->name);
	} else {
		put_byte(client, v4 ? SOCKS_ADDRESS_V4 : SOCKS_ADDRESS_V6);
		put(client, client->destination.bytes, v4 ? 4 : 16);
	}
	put_byte(client, client->port >> 8);
	put_byte(client, client->port & 0xff);
	g_byte_array_set_size(client->in, 0);
	/* What fails may be told shortly: the first two bytes would do, all send five. */
	return expect(client, SOCKS_REPLY_HEAD, on_reply);
}

static enum proxy_progress on_status(struct proxy_client *client, int *ret_errnum)
{
	if (client->in->data[1] != 0)
		return fail(EACCES, ret_errnum);
	return request(client);
}

static enum proxy_progress on_choice(struct proxy_client *client, int *ret_errnum)
{
	const uint8_t *choice = client->in->data;

	if (choice[0] != SOCKS_VERSION)
		return fail(EHOSTUNREACH, ret_errnum);
	if (choice[1] == SOCKS_METHOD_NONE)
		return request(client);
	if (choice[1] != SOCKS_METHOD_PASSWORD || !client->proxy.user[0])
		return fail(EACCES, ret_errnum);
	put_byte(client, SOCKS_PASSWORD_VERSION);
	put_text(client, client->proxy.user);
	put_text(client, client->proxy.password);
	g_byte_array_set_size(client->in, 0);
	return expect(client, 2, on_status);
}

static void greet(struct proxy_client *client)
{
	bool has_user = client->proxy.user[0];

	put_byte(client, SOCKS_VERSION);
	put_byte(client, has_user ? 2 : 1);
	put_byte(client, SOCKS_METHOD_NONE);
	if (has_user)
		put_byte(client, SOCKS_METHOD_PASSWORD);
	expect(client, 2, on_choice);
}

/* --- HTTP --- */

static int errno_of_status(unsigned status)
{
	switch (status) {
	case 502: /* bad gateway: it could not connect */
		return ECONNREFUSED;
	case 500:
	case 503:
	case 504: /* gateway timeout */
		return EHOSTUNREACH;
	default: /* authentication required, forbidden, no CONNECT */
		return EACCES;
	}
}

static bool is_http(const struct proxy_client *client)
{
	return client->in->len >= HTTP_STATUS_END && memcmp(client->in->data, "HTTP/1.", 7) == 0;
}

static enum proxy_progress on_http(struct proxy_client *client, int *ret_errnum)
{
	const uint8_t *reply = client->in->data;
	char text[HTTP_STATUS_END - HTTP_STATUS_AT + 1] = "";

	if (!is_http(client))
		return fail(EHOSTUNREACH, ret_errnum);
	memcpy(text, reply + HTTP_STATUS_AT, HTTP_STATUS_END - HTTP_STATUS_AT);
	unsigned status = (unsigned)g_ascii_strtoull(text, NULL, 10);
	if (status / 100 == 2)
		return PROXY_CONNECTED;
	/* "continue", "processing": the answer follows (RFC 9110 15.2). */
	if (status / 100 == 1 && client->n_interim++ < HTTP_INTERIM_MAX) {
		g_byte_array_set_size(client->in, 0);
		return expect(client, HTTP_REPLY_MAX, on_http);
	}
	return fail(errno_of_status(status), ret_errnum);
}

static char *http_authority(const struct proxy_client *client)
{
	char address[IP_ADDRESS_TEXT_SIZE];

	if (client->name)
		return g_strdup_printf("%s:%u", client->name, client->port);
	ip_address_text(&client->destination, address);
	return g_strdup_printf(client->destination.family == AF_INET6 ? "[%s]:%u" : "%s:%u",
			       address, client->port);
}

static void ask_http(struct proxy_client *client)
{
	const struct proxy *proxy = &client->proxy;
	g_autofree char *authority = http_authority(client);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_printf(text, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", authority, authority);
	if (proxy->user[0]) {
		g_autofree char *plain = g_strdup_printf("%s:%s", proxy->user, proxy->password);
		g_autofree char *coded =
			g_base64_encode((const guchar *)plain, (gsize)strlen(plain));
		g_string_append_printf(text, "Proxy-Authorization: Basic %s\r\n", coded);
	}
	g_string_append(text, "\r\n");
	put(client, text->str, text->len);
	expect(client, HTTP_REPLY_MAX, on_http);
}

/* --- the conversation --- */

/* How many of the bytes that are there next belong to the reply; 0: more have to come. */
static size_t http_bytes_to_end(const struct proxy_client *client, const uint8_t *next, size_t size)
{
	static const char end[] = "\r\n\r\n";
	g_autoptr(GByteArray) all = g_byte_array_new();

	g_byte_array_append(all, client->in->data, client->in->len);
	g_byte_array_append(all, next, (guint)size);
	const uint8_t *found = memmem(all->data, all->len, end, strlen(end));
	return found ? (size_t)(found - all->data) + strlen(end) - client->in->len : size;
}

/* False with errno. */
static bool flush(struct proxy_client *client, int fd)
{
	while (client->out->len > 0) {
		ssize_t sent =
			send(fd, client->out->data, client->out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0)
			return false;
		g_byte_array_remove_range(client->out, 0, (guint)sent);
	}
	return true;
}

static bool is_complete(const struct proxy_client *client)
{
	const GByteArray *in = client->in;

	if (client->step != on_http)
		return in->len >= client->wanted;
	/* What does not begin as HTTP need not come to an end. */
	if (in->len >= HTTP_STATUS_END && !is_http(client))
		return true;
	return in->len >= 4 && memcmp(in->data + in->len - 4, "\r\n\r\n", 4) == 0;
}

/* Reads towards a complete reply. False with errno, EPROTO when it has become too long. */
static bool fill(struct proxy_client *client, int fd)
{
	uint8_t buffer[1024];
	size_t room = MIN(client->wanted - client->in->len, sizeof(buffer));
	ssize_t size;

	errno = EPROTO;
	if (room == 0)
		return false;
	size = recv(fd, buffer, room, MSG_PEEK | MSG_DONTWAIT);
	errno = size == 0 ? ECONNRESET : errno;
	if (size <= 0)
		return false;
	if (client->step == on_http)
		size = (ssize_t)http_bytes_to_end(client, buffer, (size_t)size);
	size = recv(fd, buffer, (size_t)size, MSG_DONTWAIT);
	if (size <= 0)
		return false;
	g_byte_array_append(client->in, buffer, (guint)size);
	return true;
}

static bool is_again(int errnum)
{
	return errnum == EAGAIN || errnum == EWOULDBLOCK || errnum == EINTR;
}

enum proxy_progress proxy_client_run(struct proxy_client *client, int fd, int *ret_errnum)
{
	for (;;) {
		if (!flush(client, fd))
			return is_again(errno) ? PROXY_WANTS_WRITE : fail(EHOSTUNREACH, ret_errnum);
		while (!is_complete(client))
			if (!fill(client, fd))
				return is_again(errno) ? PROXY_WANTS_READ
						       : fail(EHOSTUNREACH, ret_errnum);
		enum proxy_progress progress = client->step(client, ret_errnum);
		if (progress == PROXY_CONNECTED || progress == PROXY_FAILED)
			return progress;
	}
}

/* What a line of HTTP or SOCKS cannot hold is asked for by address. */
static bool is_usable(const char *name)
{
	size_t length = name ? strlen(name) : 0;

	return length > 0 && length < 256 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
		       length;
}

struct proxy_client *proxy_client_new(const struct proxy *proxy,
				      const struct ip_address *destination, uint16_t port,
				      const char *name)
{
	struct proxy_client *client = g_new0(struct proxy_client, 1);

	client->proxy = *proxy;
	client->destination = *destination;
	client->port = port;
	client->name = proxy->kind != PROXY_SOCKS5 && is_usable(name) ? g_strdup(name) : NULL;
	client->in = g_byte_array_new();
	client->out = g_byte_array_new();
	if (proxy->kind == PROXY_HTTP)
		ask_http(client);
	else
		greet(client);
	return client;
}

void proxy_client_free(struct proxy_client *client)
{
	if (!client)
		return;
	g_byte_array_unref(client->in);
	g_byte_array_unref(client->out);
	g_free(client->name);
	g_free(client);
}
