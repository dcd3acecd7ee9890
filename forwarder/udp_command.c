/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_command - datagrams and ICMP errors on their way to the command */
#include "forwarder/udp_command.h"

#include <errno.h>
#include <sys/socket.h>

#include "src/autoclose.h"

static void write_frame(const uint8_t *frame, size_t size, void *opaque)
{
	tap_write_frame(opaque, frame, size);
}

static void send_frames(const struct udp_command *command, const struct udp_flow *flow,
			const struct udp_message *message)
{
	struct udp_packet packet = {
		.source = &flow->remote,
		.destination = &flow->mapping->inner,
		.data = message->data,
	};

	for (size_t left = message->size, n = udp_message_datagrams(message); n > 0; n--) {
		packet.size = MIN(left, message->segment_size);
		udp_frame_to_command(command->link, &packet, write_frame, command->tap);
		packet.data += packet.size;
		left -= packet.size;
	}
}

static bool send_through_socket(struct udp_flow *flow, struct udp_message *messages, size_t n)
{
	size_t sent = udp_io_send(flow->gateway.fd, &flow->to_command, messages, n);

	if (sent == n)
		return true;
	if (errno == ECONNREFUSED)
		return false;
	/* A full buffer drops as a wire does. Anything else is one datagram's own fault. */
	while (sent < n && errno != EAGAIN && errno != ENOBUFS) {
		sent++;
		sent += udp_io_send(flow->gateway.fd, &flow->to_command, messages + sent, n - sent);
	}
	return true;
}

bool udp_command_send(const struct udp_command *command, struct udp_flow *flow,
		      struct udp_message *messages, size_t n)
{
	if (flow->is_promoted)
		return send_through_socket(flow, messages, n);
	for (size_t i = 0; i < n; i++)
		send_frames(command, flow, &messages[i]);
	return true;
}

void udp_command_reject(const struct udp_command *command, const struct udp_packet *packet,
			enum reject_reason reason)
{
	uint8_t quote[UDP_FRAME_QUOTE_SIZE], answer[REJECT_FRAME_SIZE];
	struct frame frame;

	frame_parse(&frame, quote, udp_frame_quote(command->link, packet, quote));
	size_t size = reject_build(&frame, reason, answer);
	if (size)
		tap_write_frame(command->tap, answer, size);
}

static bool bind_and_connect(int fd, const struct udp_flow *flow)
{
	struct sockaddr_storage remote, inner;
	socklen_t remote_size = udp_endpoint_to_sockaddr(&flow->remote, &remote);
	socklen_t inner_size = udp_endpoint_to_sockaddr(&flow->mapping->inner, &inner);

	return bind(fd, (struct sockaddr *)&remote, remote_size) == 0 &&
	       connect(fd, (struct sockaddr *)&inner, inner_size) == 0;
}

int udp_command_connect(const struct udp_command *command, const struct udp_flow *flow)
{
	autoclose int fd = socket_pool_take(command->pool, flow->remote.address.family, SOCK_DGRAM);

	if (fd < 0)
		return -1;
	/* Before it is bound, for from then on datagrams may arrive. */
	udp_io_prepare_bulk(fd);
	return bind_and_connect(fd, flow) ? g_steal_fd(&fd) : -1;
}
