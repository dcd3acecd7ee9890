/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host - a host of no sockets, whose other ends say what a fuzz target has them say */
#include "tests/fuzz/host.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>

#include <glib.h>

#include "src/address.h"

#define ENDS_MAX 32
#define COPY_MAX 2048

struct end {
	int ours, theirs;
	sa_family_t family;
	bool is_stream, is_wildcard;
	struct sockaddr_storage remote;
	struct sock_extended_err error;
	GBytes *quoted; /* with the error; or NULL */
};

/* That of the input that runs; the newest last. */
static struct {
	bool greets;
	gint64 waited_us;
	struct end ends[ENDS_MAX];
	size_t n_ends;
} host;

static void end_done(struct end *end)
{
	if (end->theirs >= 0)
		close(end->theirs);
	g_clear_pointer(&end->quoted, g_bytes_unref);
}

void host_begin(bool greets)
{
	host.greets = greets;
}

void host_end(void)
{
	while (host.n_ends > 0)
		end_done(&host.ends[--host.n_ends]);
}

static void forget(size_t place)
{
	end_done(&host.ends[place]);
	host.n_ends--;
	memmove(host.ends + place, host.ends + place + 1,
		(host.n_ends - place) * sizeof(host.ends[0]));
}

static struct end *find(int fd)
{
	for (size_t i = host.n_ends; i-- > 0;)
		if (host.ends[i].ours == fd)
			return &host.ends[i];
	return NULL;
}

static struct end *choose(unsigned which)
{
	return host.n_ends ? &host.ends[host.n_ends - 1 - which % host.n_ends] : NULL;
}

/* The number of a socket that was closed meanwhile may be that of another now. */
static int forget_old(int fd)
{
	struct end *old = find(fd);

	if (old)
		forget((size_t)(old - host.ends));
	return fd;
}

static void remember(const struct end *end)
{
	forget_old(end->ours);
	if (host.n_ends == ENDS_MAX)
		forget(0);
	host.ends[host.n_ends++] = *end;
}

/* --- time --- */

void host_wait(unsigned seconds)
{
	host.waited_us += seconds * G_USEC_PER_SEC;
}

gint64 g_get_monotonic_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000 + host.waited_us;
}

/* --- what it says --- */

static void put_id(const struct end *end, uint8_t *data, size_t size)
{
	size_t skip = end->is_stream ? 2 : 0;
	uint8_t got[4];

	if (size >= skip + 2 &&
	    recv(end->theirs, got, sizeof(got), MSG_DONTWAIT) >= (ssize_t)skip + 2)
		memcpy(data + skip, got + skip, 2);
}

void host_say(unsigned which, bool answers, const uint8_t *data, size_t size)
{
	struct end *end = choose(which);

	if (!end || end->theirs < 0)
		return;
	if (size == 0) {
		shutdown(end->theirs, SHUT_WR);
		return;
	}
	g_autofree uint8_t *copy = g_memdup2(data, size);
	if (answers)
		put_id(end, copy, size);
	send(end->theirs, copy, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void host_fail(unsigned which, const uint8_t *data, size_t size)
{
	struct end *end = choose(which);

	if (!end || size < 4)
		return;
	end->error = (struct sock_extended_err){
		.ee_origin = data[0],
		.ee_type = data[1],
		.ee_code = data[2],
		.ee_errno = data[3],
	};
	g_clear_pointer(&end->quoted, g_bytes_unref);
	end->quoted = g_bytes_new(data + 4, size - 4);
}

/* --- the calls --- */

int socket(int domain, int type, int protocol)
{
	bool is_stream = type & SOCK_STREAM;
	int pair[2];

	if (domain != AF_INET && domain != AF_INET6)
		return forget_old((int)syscall(SYS_socket, domain, type, protocol));
	if (socketpair(AF_UNIX,
		       (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       pair) < 0)
		return -1;
	struct end end = {
		.ours = pair[0],
		.theirs = pair[1],
		.family = (sa_family_t)domain,
		.is_stream = is_stream,
		.remote.ss_family = (sa_family_t)domain,
	};
	if (host.greets) {
		(void)!write(pair[1], "220 hello\r\n", 11);
		close(pair[1]);
		end.theirs = -1;
	}
	remember(&end);
	return pair[0];
}

static void note_remote(int fd, const struct sockaddr *address, socklen_t size)
{
	struct end *end = find(fd);

	if (end && address && address->sa_family == end->family)
		memcpy(&end->remote, address, MIN(size, sizeof(end->remote)));
}

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t size)
{
	struct ip_address to = {0};
	uint16_t port;

	if (!find(fd))
		return (int)syscall(SYS_connect, fd, address.__sockaddr__, size);
	note_remote(fd, address.__sockaddr__, size);
	if (ip_address_from_sockaddr(address.__sockaddr__, &to, &port) &&
	    to.bytes[to.family == AF_INET ? 3 : 15] & 1)
		shutdown(fd, SHUT_RDWR);
	errno = EINPROGRESS;
	return -1;
}

int bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t size)
{
	return find(fd) ? 0 : (int)syscall(SYS_bind, fd, address.__sockaddr__, size);
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	return find(fd) ? 0 : (int)syscall(SYS_setsockopt, fd, level, option, value, size);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, __CONST_SOCKADDR_ARG address,
	       socklen_t address_size)
{
	if (!address.__sockaddr__ || !find(fd))
		return syscall(SYS_sendto, fd, data, size, flags, address.__sockaddr__,
			       address_size);
	note_remote(fd, address.__sockaddr__, address_size);
	return (ssize_t)size;
}

ssize_t sendmsg(int fd, const struct msghdr *header, int flags)
{
	struct msghdr plain = *header;

	const struct end *end = find(fd);

	if (!header->msg_name || !end)
		return syscall(SYS_sendmsg, fd, header, flags);
	if (end->quoted) {
		errno = EHOSTUNREACH;
		return -1;
	}
	note_remote(fd, header->msg_name, header->msg_namelen);
	plain.msg_name = NULL;
	plain.msg_namelen = 0;
	plain.msg_controllen = 0;
	return syscall(SYS_sendmsg, fd, &plain, flags);
}

ssize_t recvfrom(int fd, void *data, size_t size, int flags, __SOCKADDR_ARG address,
		 socklen_t *address_size)
{
	const struct end *end = find(fd);

	if (!end)
		return syscall(SYS_recvfrom, fd, data, size, flags, address.__sockaddr__,
			       address_size);
	if (address.__sockaddr__ && address_size) {
		*address_size = MIN(*address_size, (socklen_t)sizeof(end->remote));
		memcpy(address.__sockaddr__, &end->remote, *address_size);
	}
	return syscall(SYS_recvfrom, fd, data, size, flags, NULL, NULL);
}

/* --- datagrams in batches --- */

/* Cuts one address and port off; false where there is not so much. */
static bool take_end(const struct end *end, const uint8_t **data, size_t *size,
		     struct sockaddr_storage *ret_end)
{
	struct ip_address address = {.family = end->family};
	size_t length = end->family == AF_INET ? 4 : 16;
	uint16_t port;

	if (*size < length + sizeof(port))
		return false;
	memcpy(address.bytes, *data, length);
	memcpy(&port, *data + length, sizeof(port));
	ip_address_to_sockaddr(&address, ntohs(port), ret_end);
	*data += length + sizeof(port);
	*size -= length + sizeof(port);
	return true;
}

static void put_original(const struct end *end, const struct sockaddr_storage *original,
			 struct msghdr *header)
{
	bool v4 = end->family == AF_INET;
	size_t size = v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	g_assert(header->msg_controllen >= CMSG_SPACE(size));
	struct cmsghdr *member = CMSG_FIRSTHDR(header);
	*member = (struct cmsghdr){
		.cmsg_level = v4 ? SOL_IP : SOL_IPV6,
		.cmsg_type = v4 ? IP_ORIGDSTADDR : IPV6_ORIGDSTADDR,
		.cmsg_len = CMSG_LEN(size),
	};
	memcpy(CMSG_DATA(member), original, size);
	header->msg_controllen = CMSG_SPACE(size);
}

int host_open_wildcard(sa_family_t family)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	find(fd)->is_wildcard = true;
	return fd;
}

int recvmmsg(int fd, struct mmsghdr *headers, unsigned n G_GNUC_UNUSED, int flags,
	     struct timespec *timeout G_GNUC_UNUSED)
{
	struct msghdr *header = &headers[0].msg_hdr;
	const struct end *end = find(fd);
	struct sockaddr_storage from, original;
	uint8_t datagram[COPY_MAX];
	const uint8_t *data = datagram;
	ssize_t got = recv(fd, datagram, sizeof(datagram), flags);
	size_t size = (size_t)got;

	if (got < 0 || !end)
		return -1;
	from = end->remote;
	if (end->is_wildcard &&
	    (!take_end(end, &data, &size, &from) || !take_end(end, &data, &size, &original)))
		size = 0;
	else if (end->is_wildcard)
		put_original(end, &original, header);
	else
		header->msg_controllen = 0;
	size = MIN(size, header->msg_iov[0].iov_len);
	memcpy(header->msg_iov[0].iov_base, data, size);
	memcpy(header->msg_name, &from, MIN(header->msg_namelen, sizeof(from)));
	headers[0].msg_len = (unsigned)size;
	return 1;
}

int sendmmsg(int fd, struct mmsghdr *headers, unsigned n, int flags G_GNUC_UNUSED)
{
	for (unsigned i = 0; i < n; i++)
		if (headers[i].msg_hdr.msg_name)
			note_remote(fd, headers[i].msg_hdr.msg_name,
				    headers[i].msg_hdr.msg_namelen);
	return (int)n;
}

/* --- errors --- */

static ssize_t receive_error(struct end *end, struct msghdr *header)
{
	struct {
		struct sock_extended_err error;
		struct sockaddr_storage offender;
	} value = {end->error, end->remote};
	size_t size = sizeof(value.error) + sizeof(struct sockaddr_in6);
	bool v4 = end->family == AF_INET;
	gsize quoted_size;
	const void *quoted = g_bytes_get_data(end->quoted, &quoted_size);

	g_assert(header->msg_controllen >= CMSG_SPACE(size));
	quoted_size = MIN(quoted_size, header->msg_iov[0].iov_len);
	if (quoted_size)
		memcpy(header->msg_iov[0].iov_base, quoted, quoted_size);
	struct cmsghdr *member = CMSG_FIRSTHDR(header);
	*member = (struct cmsghdr){
		.cmsg_level = v4 ? SOL_IP : SOL_IPV6,
		.cmsg_type = v4 ? IP_RECVERR : IPV6_RECVERR,
		.cmsg_len = CMSG_LEN(size),
	};
	memcpy(CMSG_DATA(member), &value, size);
	header->msg_controllen = CMSG_SPACE(size);
	g_clear_pointer(&end->quoted, g_bytes_unref);
	return (ssize_t)quoted_size;
}

ssize_t recvmsg(int fd, struct msghdr *header, int flags)
{
	struct end *end = find(fd);

	if (!header->msg_name || !end)
		return syscall(SYS_recvmsg, fd, header, flags);
	memcpy(header->msg_name, &end->remote, MIN(header->msg_namelen, sizeof(end->remote)));
	if (flags & MSG_ERRQUEUE && end->quoted)
		return receive_error(end, header);
	header->msg_controllen = 0;
	if (flags & MSG_ERRQUEUE) {
		errno = EAGAIN;
		return -1;
	}
	return syscall(SYS_recvfrom, fd, header->msg_iov[0].iov_base, header->msg_iov[0].iov_len,
		       flags, NULL, NULL);
}
