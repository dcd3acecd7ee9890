/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_stack - frames of the command through policy.c and libslirp, on a host of no sockets
 *
 * How it works
 *
 * The input is a row of frames, each after two bytes: flags in four bits and its size in twelve. As
 * libslirp drops what has a wrong checksum, and what acknowledges nothing that it has sent, flags
 * ask for these to be made right. The calls on sockets that libslirp does are defined here: what is
 * connected is one end of a socket pair, at whose other end a few bytes wait, and what is sent is
 * gone.
 */
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "forwarder/checksum.h"
#include "forwarder/frame.h"
#include "forwarder/policy.h"
#include "forwarder/stack.h"
#include "tests/fuzz/fuzz.h"

#define FLAG_CHECKSUM	 1
#define FLAG_ACKNOWLEDGE 2
#define FLAG_TURN	 4 /* give libslirp a turn behind it */
#define FRAME_MAX	 2048

struct fuzz {
	struct link_config link;
	struct policy *policy;
	struct stack *stack;
	uint32_t acknowledgement; /* of what libslirp has sent last */
	bool running;
};

/* --- the host --- */

static int open_half(int type)
{
	int pair[2];

	if (socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	(void)!write(pair[1], "220 hello\r\n", 11);
	close(pair[1]);
	return pair[0];
}

int socket(int domain G_GNUC_UNUSED, int type, int protocol G_GNUC_UNUSED)
{
	return open_half(type & SOCK_STREAM ? SOCK_STREAM : SOCK_DGRAM);
}

/*
 * As TCP does it without blocking. An odd last byte of the address is a host that refuses. It never
 * says so at once: libslirp 4.7.0 then frees the SYN while its answer may still be queued in it,
 * but Linux does not either (inet_stream_connect() holds the socket until the RST is looked at).
 */
int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t size G_GNUC_UNUSED)
{
	struct ip_address to = {0};
	uint16_t port;

	if (ip_address_from_sockaddr(address.__sockaddr__, &to, &port) &&
	    to.bytes[to.family == AF_INET ? 3 : 15] & 1)
		shutdown(fd, SHUT_RDWR);
	errno = EINPROGRESS;
	return -1;
}

int bind(int fd G_GNUC_UNUSED, __CONST_SOCKADDR_ARG address G_GNUC_UNUSED,
	 socklen_t size G_GNUC_UNUSED)
{
	return 0;
}

int setsockopt(int fd G_GNUC_UNUSED, int level G_GNUC_UNUSED, int option G_GNUC_UNUSED,
	       const void *value G_GNUC_UNUSED, socklen_t size G_GNUC_UNUSED)
{
	return 0;
}

ssize_t sendto(int fd G_GNUC_UNUSED, const void *data G_GNUC_UNUSED, size_t size,
	       int flags G_GNUC_UNUSED, __CONST_SOCKADDR_ARG address G_GNUC_UNUSED,
	       socklen_t address_size G_GNUC_UNUSED)
{
	return (ssize_t)size;
}

/* --- the command --- */

static void on_frame_to_tap(const void *data, size_t size, void *opaque)
{
	struct fuzz *fuzz = opaque;
	struct tcphdr tcp;
	struct frame frame;

	frame_parse(&frame, data, size);
	/* Whatever comes in, what goes out is well made. */
	g_assert(frame.kind != FRAME_MALFORMED);
	if (frame.kind != FRAME_IP || frame.protocol != IPPROTO_TCP || !frame.has_ports)
		return;
	memcpy(&tcp, frame.data + frame.transport_offset, sizeof(tcp));
	fuzz->acknowledgement =
		ntohl(tcp.seq) + (uint32_t)(frame.end - frame.payload_offset) + tcp.syn + tcp.fin;
}

static void put_checksum(uint8_t *data, size_t size, size_t at, uint32_t sum)
{
	memset(data + at, 0, 2);
	uint16_t checksum = checksum_finish(checksum_add(sum, data, size));
	memcpy(data + at, &checksum, 2);
}

static void correct(const struct fuzz *fuzz, const struct frame *frame, uint8_t *data,
		    unsigned flags)
{
	bool v4 = frame->source.family == AF_INET;
	uint8_t *transport = data + frame->transport_offset;
	size_t size = frame->end - frame->transport_offset;
	uint32_t acknowledgement = htonl(fuzz->acknowledgement);
	uint32_t sum = frame->protocol + (uint32_t)size;

	if (frame->protocol == IPPROTO_TCP && frame->has_ports && flags & FLAG_ACKNOWLEDGE)
		memcpy(transport + offsetof(struct tcphdr, ack_seq), &acknowledgement,
		       sizeof(acknowledgement));
	if (!(flags & FLAG_CHECKSUM))
		return;
	if (v4)
		put_checksum(data + frame->network_offset,
			     frame->transport_offset - frame->network_offset,
			     offsetof(struct iphdr, check), 0);
	sum = checksum_add(sum, frame->source.bytes, v4 ? 4 : 16);
	sum = checksum_add(sum, frame->destination.bytes, v4 ? 4 : 16);
	if (frame->has_ports)
		put_checksum(transport, size, frame->protocol == IPPROTO_TCP ? 16 : 6, sum);
	else if (!frame->is_fragment && size >= 8)
		put_checksum(transport, size, 2, v4 ? 0 : sum);
}

static gboolean on_turn(gpointer data)
{
	*(bool *)data = false;
	return G_SOURCE_REMOVE;
}

static void take_turn(struct fuzz *fuzz)
{
	fuzz->running = true;
	g_idle_add_full(G_PRIORITY_HIGH, on_turn, &fuzz->running, NULL);
	stack_run(fuzz->stack, &fuzz->running);
}

/* tap.c puts fragments together, and ping.c takes ICMP to beyond the host. */
static bool is_for_stack(const struct fuzz *fuzz, const struct frame *frame)
{
	bool is_icmp = frame->protocol == IPPROTO_ICMP || frame->protocol == IPPROTO_ICMPV6;

	return frame->kind != FRAME_IP ||
	       (!frame->is_fragment &&
		!(is_icmp && policy_is_outside(fuzz->policy, &frame->destination)));
}

static void take_frame(struct fuzz *fuzz, const uint8_t *data, size_t size, unsigned flags)
{
	g_autofree uint8_t *copy = g_malloc(MAX(size, 1));
	struct frame frame;

	memcpy(copy, data, size);
	frame_parse(&frame, copy, size);
	if (frame.kind == FRAME_IP)
		correct(fuzz, &frame, copy, flags);
	if (is_for_stack(fuzz, &frame) && policy_check_frame(fuzz->policy, &frame) == POLICY_PASS)
		stack_input(fuzz->stack, copy, size);
	if (flags & FLAG_TURN)
		take_turn(fuzz);
}

static void fuzz_init(struct fuzz *fuzz)
{
	const struct host_access access = {.all = true};
	const struct stack_options options = {
		.link = &fuzz->link, .send_frame_to_tap = on_frame_to_tap, .opaque = fuzz};
	struct ip_prefix prefix;

	*fuzz = (struct fuzz){
		.link = {.kind = LINK_TAP, .mtu = 1500, .mac = {{2, 0, 0, 0, 0, 0xaa}}}};
	ip_prefix_parse("10.0.2.0/24", &prefix, NULL);
	link_network_init(&fuzz->link.v4, &prefix);
	ip_prefix_parse("fd00::/64", &prefix, NULL);
	link_network_init(&fuzz->link.v6, &prefix);
	fuzz->policy = policy_new(&fuzz->link, &access);
	fuzz->stack = stack_new(&options, NULL);
	g_assert(fuzz->stack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz fuzz;

	signal(SIGPIPE, SIG_IGN);
	fuzz_init(&fuzz);
	for (size_t at = 0; at + 2 <= size;) {
		unsigned flags = data[at] >> 4;
		size_t length = ((size_t)data[at] & 15) << 8 | data[at + 1];

		at += 2;
		length = MIN(MIN(length, FRAME_MAX), size - at);
		take_frame(&fuzz, data + at, length, flags);
		at += length;
	}
	take_turn(&fuzz);
	stack_free(fuzz.stack);
	policy_free(fuzz.policy);
	return 0;
}
