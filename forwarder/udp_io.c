/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_io - datagrams in batches: recvmmsg(2), sendmmsg(2), UDP_GRO, UDP_SEGMENT (udp(7)) */
#include "forwarder/udp_io.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Room for the largest datagram. A size that is no power of two keeps the heads of all buffers, the
 * only part that ordinary datagrams fill, from competing for the same places in the cache.
 */
#define BUFFER_SIZE  (65536 + 1472)
#define CONTROL_SIZE 128
/* UDP_MAX_SEGMENTS of kernels before 6.9, and what fits into one IP packet. */
#define SEGMENTS_MAX 64
#define GROUP_MAX    65000
#define BUFFER_WISH  (4 << 20)

struct udp_batch_room {
	struct mmsghdr headers[UDP_BATCH_SIZE];
	struct iovec vectors[UDP_BATCH_SIZE];
	struct sockaddr_storage names[UDP_BATCH_SIZE];
	_Alignas(struct cmsghdr) char controls[UDP_BATCH_SIZE][CONTROL_SIZE];
	uint8_t buffers[UDP_BATCH_SIZE][BUFFER_SIZE];
};

/* A place in an array of messages: the message and the bytes of it that are behind us. */
struct position {
	size_t index, offset;
};

/* Messages on their way out; a header is one datagram, or several of one size. */
struct outbox {
	size_t count;
	struct position ends[UDP_BATCH_SIZE]; /* of what each header covers */
	struct mmsghdr headers[UDP_BATCH_SIZE];
	struct iovec vectors[UDP_BATCH_SIZE];
	size_t n_vectors;
	struct sockaddr_storage to;
	socklen_t to_size;
	_Alignas(struct cmsghdr) char controls[UDP_BATCH_SIZE][CONTROL_SIZE];
};

/* --- receiving --- */

struct udp_batch *udp_batch_new(void)
{
	struct udp_batch *batch = g_new0(struct udp_batch, 1);
	struct udp_batch_room *room = mmap(NULL, sizeof(*room), PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		g_error("no memory for datagrams");
	for (size_t i = 0; i < UDP_BATCH_SIZE; i++) {
		room->vectors[i] = (struct iovec){room->buffers[i], BUFFER_SIZE};
		room->headers[i].msg_hdr = (struct msghdr){
			.msg_name = &room->names[i],
			.msg_iov = &room->vectors[i],
			.msg_iovlen = 1,
			.msg_control = room->controls[i],
		};
	}
	batch->room = room;
	return batch;
}

void udp_batch_free(struct udp_batch *batch)
{
	if (!batch)
		return;
	munmap(batch->room, sizeof(*batch->room));
	g_free(batch);
}

/* The address to answer from, which for a broadcast is not the one that was asked. */
static void take_pktinfo4(const struct cmsghdr *control, struct udp_endpoint *ret_destination)
{
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(control), sizeof(info));
	ret_destination->address.family = AF_INET;
	ret_destination->address.v4 = info.ipi_spec_dst;
}

static void take_pktinfo6(const struct cmsghdr *control, struct udp_endpoint *ret_destination)
{
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(control), sizeof(info));
	if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
		return;
	ret_destination->address.family = AF_INET6;
	ret_destination->address.v6 = info.ipi6_addr;
}

static void take_control(const struct cmsghdr *control, struct udp_message *message)
{
	int level = control->cmsg_level, type = control->cmsg_type, segment_size;
	struct sockaddr_storage original = {0};

	if (level == SOL_UDP && type == UDP_GRO) {
		memcpy(&segment_size, CMSG_DATA(control), sizeof(segment_size));
		if (segment_size > 0 && (size_t)segment_size < message->size)
			message->segment_size = (size_t)segment_size;
	} else if (level == SOL_IP && type == IP_PKTINFO) {
		take_pktinfo4(control, &message->destination);
	} else if (level == SOL_IPV6 && type == IPV6_PKTINFO) {
		take_pktinfo6(control, &message->destination);
	} else if ((level == SOL_IP && type == IP_ORIGDSTADDR) ||
		   (level == SOL_IPV6 && type == IPV6_ORIGDSTADDR)) {
		memcpy(&original, CMSG_DATA(control),
		       MIN(control->cmsg_len - CMSG_LEN(0), sizeof(original)));
		udp_endpoint_from_sockaddr((struct sockaddr *)&original, &message->destination);
	}
}

static void describe(const struct mmsghdr *header, struct udp_message *ret_message)
{
	struct msghdr *received = (struct msghdr *)&header->msg_hdr;

	*ret_message = (struct udp_message){
		.data = received->msg_iov->iov_base,
		.size = header->msg_len,
		.segment_size = header->msg_len,
	};
	if (received->msg_namelen)
		udp_endpoint_from_sockaddr(received->msg_name, &ret_message->source);
	for (struct cmsghdr *control = CMSG_FIRSTHDR(received); control;
	     control = CMSG_NXTHDR(received, control))
		take_control(control, ret_message);
}

bool udp_batch_receive(struct udp_batch *batch, int fd)
{
	struct udp_batch_room *room = batch->room;

	for (size_t i = 0; i < UDP_BATCH_SIZE; i++) {
		room->headers[i].msg_hdr.msg_namelen = sizeof(room->names[i]);
		room->headers[i].msg_hdr.msg_controllen = CONTROL_SIZE;
	}
	int count = recvmmsg(fd, room->headers, UDP_BATCH_SIZE, MSG_DONTWAIT, NULL);
	batch->count = count < 0 ? 0 : (size_t)count;
	for (size_t i = 0; i < batch->count; i++)
		describe(&room->headers[i], &batch->messages[i]);
	return count > 0;
}

size_t udp_batch_run(const struct udp_batch *batch, size_t first)
{
	const struct udp_message *head = &batch->messages[first];
	size_t i = first + 1;

	while (i < batch->count && udp_endpoint_equal(&head->source, &batch->messages[i].source) &&
	       udp_endpoint_equal(&head->destination, &batch->messages[i].destination))
		i++;
	return i - first;
}

size_t udp_message_datagrams(const struct udp_message *message)
{
	if (message->size <= message->segment_size)
		return 1;
	return (message->size + message->segment_size - 1) / message->segment_size;
}

bool udp_io_receive_error(int fd, struct udp_error *ret_error)
{
	_Alignas(struct cmsghdr) char control[512];
	struct sockaddr_storage name = {0};
	struct iovec vector = {ret_error->data, sizeof(ret_error->data)};
	struct msghdr header = {
		.msg_name = &name,
		.msg_namelen = sizeof(name),
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct sock_extended_err cause;
	ssize_t size = recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT);

	if (size < 0)
		return false;
	ret_error->errnum = 0;
	ret_error->size = (size_t)size;
	ret_error->to = (struct udp_endpoint){0};
	udp_endpoint_from_sockaddr((struct sockaddr *)&name, &ret_error->to);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
		if (!(c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) &&
		    !(c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR))
			continue;
		memcpy(&cause, CMSG_DATA(c), sizeof(cause));
		if (cause.ee_origin != SO_EE_ORIGIN_LOCAL)
			ret_error->errnum = (int)cause.ee_errno;
	}
	return true;
}

/* --- sending --- */

static struct cmsghdr *append_control(struct msghdr *header, int level, int type, size_t size)
{
	struct cmsghdr *control =
		(struct cmsghdr *)(void *)((char *)header->msg_control + header->msg_controllen);

	control->cmsg_level = level;
	control->cmsg_type = type;
	control->cmsg_len = CMSG_LEN(size);
	header->msg_controllen += CMSG_SPACE(size);
	return control;
}

static void append_source(struct msghdr *header, const struct udp_route *route)
{
	struct in_pktinfo info4 = {.ipi_spec_dst = route->from.v4};
	struct in6_pktinfo info6 = {.ipi6_addr = route->from.v6, .ipi6_ifindex = route->to.scope};

	if (route->from.family == AF_INET)
		memcpy(CMSG_DATA(append_control(header, SOL_IP, IP_PKTINFO, sizeof(info4))), &info4,
		       sizeof(info4));
	else if (route->from.family == AF_INET6)
		memcpy(CMSG_DATA(append_control(header, SOL_IPV6, IPV6_PKTINFO, sizeof(info6))),
		       &info6, sizeof(info6));
}

static void append_segment_size(struct msghdr *header, size_t size)
{
	uint16_t value = (uint16_t)size;

	memcpy(CMSG_DATA(append_control(header, SOL_UDP, UDP_SEGMENT, sizeof(value))), &value,
	       sizeof(value));
}

/* Begins a header that covers what is before end; its vectors come next. */
static struct msghdr *begin_header(struct outbox *outbox, const struct udp_route *route,
				   struct position end)
{
	struct msghdr *header = &outbox->headers[outbox->count].msg_hdr;

	*header = (struct msghdr){
		.msg_name = outbox->to_size ? &outbox->to : NULL,
		.msg_namelen = outbox->to_size,
		.msg_iov = &outbox->vectors[outbox->n_vectors],
		.msg_control = outbox->controls[outbox->count],
	};
	append_source(header, route);
	outbox->ends[outbox->count++] = end;
	return header;
}

static void add_vector(struct outbox *outbox, struct msghdr *header, const uint8_t *data,
		       size_t size)
{
	outbox->vectors[outbox->n_vectors++] = (struct iovec){(void *)data, size};
	header->msg_iovlen++;
}

/* How many messages can leave as one: equal datagrams, of which the last may be shorter. */
static size_t group(const struct udp_message *messages, size_t n)
{
	size_t segment_size = messages[0].segment_size, total = messages[0].size, i = 1;

	while (i < n && segment_size > 0 && total % segment_size == 0) {
		const struct udp_message *next = &messages[i];

		if (next->segment_size > segment_size || next->size == 0 ||
		    (next->segment_size < segment_size && next->size > next->segment_size))
			break;
		total += next->size;
		if (total > GROUP_MAX || total > segment_size * SEGMENTS_MAX)
			break;
		i++;
	}
	return i;
}

static void fill_segmented(struct outbox *outbox, const struct udp_route *route,
			   const struct udp_message *messages, size_t n, size_t start)
{
	for (size_t i = start, end; i < n && outbox->n_vectors < UDP_BATCH_SIZE; i = end) {
		end = i + group(messages + i, MIN(n - i, UDP_BATCH_SIZE - outbox->n_vectors));
		struct msghdr *header = begin_header(outbox, route, (struct position){end, 0});

		for (size_t k = i; k < end; k++)
			add_vector(outbox, header, messages[k].data, messages[k].size);
		if (end - i > 1 || messages[i].size > messages[i].segment_size)
			append_segment_size(header, messages[i].segment_size);
	}
}

/* One header a datagram. */
static void fill_single(struct outbox *outbox, const struct udp_route *route,
			const struct udp_message *messages, size_t n, struct position at)
{
	while (at.index < n && outbox->count < UDP_BATCH_SIZE) {
		const struct udp_message *message = &messages[at.index];
		const uint8_t *data = message->data + at.offset;
		size_t size = MIN(message->segment_size, message->size - at.offset);

		at.offset += size;
		if (at.offset == message->size)
			at = (struct position){at.index + 1, 0};
		add_vector(outbox, begin_header(outbox, route, at), data, size);
	}
}

/* What the kernel says when a device, a tunnel or the path's MTU does not allow segmentation. */
static bool is_segmentation_refused(const struct outbox *outbox, size_t at, int errnum)
{
	const struct msghdr *header = &outbox->headers[at].msg_hdr;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c;
	     c = CMSG_NXTHDR((struct msghdr *)header, c))
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT)
			return errnum == EINVAL || errnum == EMSGSIZE || errnum == EIO;
	return false;
}

/* Sends an outbox; returns the number of headers sent, with errno set if not all. */
static size_t flush(int fd, struct outbox *outbox)
{
	size_t sent = 0;

	while (sent < outbox->count) {
		int n = sendmmsg(fd, outbox->headers + sent, (unsigned)(outbox->count - sent),
				 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	return sent;
}

static void shorten(struct udp_message *message, size_t sent)
{
	message->data += sent;
	message->size -= sent;
	message->segment_size = MIN(message->segment_size, message->size);
}

size_t udp_io_send(int fd, struct udp_route *route, struct udp_message *messages, size_t n)
{
	struct position at = {0, 0};

	while (at.index < n) {
		struct outbox outbox;

		outbox.count = outbox.n_vectors = 0;
		outbox.to_size = udp_endpoint_to_sockaddr(&route->to, &outbox.to);
		if (route->is_unsegmented)
			fill_single(&outbox, route, messages, n, at);
		else
			fill_segmented(&outbox, route, messages, n, at.index);
		size_t sent = flush(fd, &outbox);
		if (sent > 0)
			at = outbox.ends[sent - 1];
		if (sent == outbox.count)
			continue;
		if (!is_segmentation_refused(&outbox, sent, errno))
			break;
		route->is_unsegmented = true;
	}
	if (at.offset > 0)
		shorten(&messages[at.index], at.offset);
	return at.index;
}

/* --- options --- */

void udp_io_prepare_bulk(int fd)
{
	const int size = BUFFER_WISH, on = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
}
