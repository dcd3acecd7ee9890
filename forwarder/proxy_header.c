/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxy_header - tells a service who its client is, by the PROXY protocol of HAProxy */
#include "forwarder/proxy_header.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "src/address.h"

/* Numbers are those of proxy-protocol.txt, section 2.2. */
#define V2_SIGNATURE	 "\r\n\r\n\0\r\nQUIT\n"
#define V2_SIGNATURE_LEN 12
#define V2_VERSION_PROXY 0x21
#define V2_TCP4		 0x11
#define V2_TCP6		 0x21

struct end {
	struct ip_address address;
	uint16_t port;
};

static bool take_end(int fd, int (*ask)(int, struct sockaddr *, socklen_t *), struct end *ret_end)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	if (ask(fd, (struct sockaddr *)&address, &size) < 0)
		return false;
	if (ip_address_from_sockaddr((struct sockaddr *)&address, &ret_end->address,
				     &ret_end->port))
		return true;
	errno = EAFNOSUPPORT;
	return false;
}

static size_t build_v1(const struct end *from, const struct end *to, uint8_t *buffer)
{
	char from_text[IP_ADDRESS_TEXT_SIZE], to_text[IP_ADDRESS_TEXT_SIZE];

	return (size_t)g_snprintf((char *)buffer, PROXY_HEADER_SIZE, "PROXY TCP%c %s %s %u %u\r\n",
				  from->address.family == AF_INET ? '4' : '6',
				  ip_address_text(&from->address, from_text),
				  ip_address_text(&to->address, to_text), from->port, to->port);
}

static uint8_t *append(uint8_t *at, const void *data, size_t size)
{
	memcpy(at, data, size);
	return at + size;
}

static size_t build_v2(const struct end *from, const struct end *to, uint8_t *buffer)
{
	bool is_v4 = from->address.family == AF_INET;
	size_t address_size = is_v4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
	const uint8_t kind[] = {V2_VERSION_PROXY, is_v4 ? V2_TCP4 : V2_TCP6};
	uint16_t size = htons((uint16_t)(2 * address_size + 2 * sizeof(uint16_t)));
	uint16_t from_port = htons(from->port), to_port = htons(to->port);
	uint8_t *at = append(buffer, V2_SIGNATURE, V2_SIGNATURE_LEN);

	at = append(at, kind, sizeof(kind));
	at = append(at, &size, sizeof(size));
	at = append(at, from->address.bytes, address_size);
	at = append(at, to->address.bytes, address_size);
	at = append(at, &from_port, sizeof(from_port));
	at = append(at, &to_port, sizeof(to_port));
	return (size_t)(at - buffer);
}

size_t proxy_header_build(unsigned version, int client, uint8_t buffer[static PROXY_HEADER_SIZE])
{
	struct end from, to;

	if (!take_end(client, getpeername, &from) || !take_end(client, getsockname, &to))
		return 0;
	return version == 1 ? build_v1(&from, &to, buffer) : build_v2(&from, &to, buffer);
}

bool proxy_header_send(unsigned version, int client, int stream)
{
	uint8_t buffer[PROXY_HEADER_SIZE];
	size_t size = proxy_header_build(version, client, buffer);

	/* The buffer of a new socket has room for much more. */
	return size > 0 && send(stream, buffer, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size;
}
