/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ping - echo requests of the command, by the host's ping sockets */
#include "forwarder/ping.h"

#include <errno.h>
#include <linux/icmpv6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/icmp_error.h"
#include "forwarder/ip_frame.h"
#include "forwarder/ping_socket.h"
#include "forwarder/reject.h"
#include "src/autoclose.h"
#include "src/json_add.h"
#include "src/notice.h"

/* Ids in use at once; who was quiet for longest makes room. */
#define SESSIONS_MAX	 256
#define SESSION_IDLE_S	 30
#define SWEEP_INTERVAL_S 5
#define MESSAGES_AT_ONCE 16

/* Type, code, checksum, id, sequence: the same for both families. */
struct echo {
	uint8_t type, code;
	uint16_t checksum, id, sequence; /* network byte order */
};
G_STATIC_ASSERT(sizeof(struct echo) == 8);

struct session {
	struct watch_entry host; /* first: on_host() casts */
	struct ping *ping;
	struct ip_address inner;
	uint16_t id; /* the command's, network byte order */
	gint64 used_us;
	GList link; /* in ping->sessions */
};

struct counts {
	uint64_t requests, replies; /* passed on */
	uint64_t errors;	    /* of routers and destinations, passed on */
	uint64_t refused;	    /* requests that the host does not allow */
	uint64_t dropped;	    /* what no ping socket can send */
};

struct ping {
	struct ping_context context;
	GQueue sessions; /* quiet for longest first */
	guint sweep;	 /* source, or 0 */
	uint8_t *buffer; /* PING_MESSAGE_MAX bytes */
	struct counts counts;
};

static bool is_ipv4(const struct ip_address *address)
{
	return address->family == AF_INET;
}

static uint8_t icmp_protocol(const struct ip_address *address)
{
	return is_ipv4(address) ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

/* --- sessions --- */

static void session_free(struct session *session)
{
	struct ping *ping = session->ping;

	g_queue_unlink(&ping->sessions, &session->link);
	watch_remove(ping->context.watch, &session->host);
	close(session->host.fd);
	g_free(session);
}

static gboolean on_sweep(gpointer data)
{
	struct ping *ping = data;
	gint64 limit_us = g_get_monotonic_time() - SESSION_IDLE_S * G_USEC_PER_SEC;

	while (ping->sessions.head) {
		struct session *oldest = ping->sessions.head->data;
		if (oldest->used_us > limit_us)
			return G_SOURCE_CONTINUE;
		session_free(oldest);
	}
	ping->sweep = 0;
	return G_SOURCE_REMOVE;
}

static struct session *find_session(struct ping *ping, const struct ip_address *inner, uint16_t id)
{
	/* From the end: what is in use is there. */
	for (GList *link = ping->sessions.tail; link; link = link->prev) {
		struct session *session = link->data;
		if (session->id == id && ip_address_equal(&session->inner, inner))
			return session;
	}
	return NULL;
}

static void on_host(struct watch_entry *entry, uint32_t events);

/* NULL with errno set. */
static struct session *open_session(struct ping *ping, const struct ip_address *inner, uint16_t id)
{
	if (ping->sessions.length >= SESSIONS_MAX)
		session_free(ping->sessions.head->data);
	autoclose int fd = ping_socket_open(inner->family, ping->context.way_out);
	if (fd < 0)
		return NULL;
	struct session *session = g_new0(struct session, 1);
	*session = (struct session){
		.host = {.fd = fd, .handler = on_host},
		.ping = ping,
		.inner = *inner,
		.id = id,
		.link.data = session,
	};
	if (!watch_add(ping->context.watch, &session->host, EPOLLIN)) {
		g_free(session);
		return NULL;
	}
	g_steal_fd(&fd);
	g_queue_push_tail_link(&ping->sessions, &session->link);
	if (!ping->sweep)
		ping->sweep = g_timeout_add_seconds(SWEEP_INTERVAL_S, on_sweep, ping);
	return session;
}

static void use_session(struct session *session)
{
	GQueue *sessions = &session->ping->sessions;

	session->used_us = g_get_monotonic_time();
	g_queue_unlink(sessions, &session->link);
	g_queue_push_tail_link(sessions, &session->link);
}

/* --- to the command --- */

static void send_frame(const uint8_t *frame, size_t size, void *opaque)
{
	const struct ping *ping = opaque;

	ping->context.send_frame(frame, size, ping->context.opaque);
}

static void send_to_command(struct ping *ping, const struct ip_packet *packet)
{
	ip_frame_to_command(ping->context.link, packet, send_frame, ping);
}

static void send_reply(struct session *session, const struct ping_message *message)
{
	struct ping *ping = session->ping;
	struct echo echo;

	if (message->size < sizeof(echo))
		return;
	memcpy(&echo, ping->buffer, sizeof(echo));
	if (echo.type != (is_ipv4(&session->inner) ? ICMP_ECHOREPLY : ICMPV6_ECHO_REPLY))
		return;
	echo.id = session->id;
	echo.checksum = 0;
	const struct ip_packet packet = {
		.source = &message->from,
		.destination = &session->inner,
		.protocol = icmp_protocol(&session->inner),
		.hop_limit = message->hop_limit,
		.header = &echo,
		.header_size = sizeof(echo),
		.data = ping->buffer + sizeof(echo),
		.data_size = message->size - sizeof(echo),
	};
	echo.checksum = ip_frame_checksum(&packet);
	ping->counts.replies++;
	send_to_command(ping, &packet);
}

static void send_error(struct ping *ping, const struct icmp_error *error)
{
	ping->counts.errors++;
	icmp_error_to_command(ping->context.link, error, send_frame, ping);
}

/* What a router, or the destination, says of a request, which the kernel has kept. */
static void pass_error(struct session *session, const struct ping_message *message)
{
	struct ping *ping = session->ping;
	uint8_t quoted[IP_FRAME_HEADERS_MAX + sizeof(struct echo) + ICMP_ERROR_QUOTE_MAX];
	const struct sock_extended_err *cause = &message->cause;
	bool is_icmp =
		cause->ee_origin == SO_EE_ORIGIN_ICMP || cause->ee_origin == SO_EE_ORIGIN_ICMP6;
	struct echo echo;

	if (!is_icmp || message->size < sizeof(echo) ||
	    message->offender.family != session->inner.family ||
	    message->from.family != session->inner.family)
		return;
	memcpy(&echo, ping->buffer, sizeof(echo));
	echo.id = session->id;
	const struct ip_packet packet = {
		.source = &session->inner,
		.destination = &message->from,
		.protocol = icmp_protocol(&session->inner),
		.hop_limit = 1,
		.header = &echo,
		.header_size = sizeof(echo),
		.data = ping->buffer + sizeof(echo),
		.data_size = MIN(message->size - sizeof(echo), ICMP_ERROR_QUOTE_MAX),
	};
	size_t size = ip_frame_from_command(ping->context.link, &packet, quoted);
	const struct icmp_error error = {
		.source = &message->offender,
		.destination = &session->inner,
		.type = cause->ee_type,
		.code = cause->ee_code,
		.info = cause->ee_errno == EMSGSIZE ? cause->ee_info : 0,
		.quote = quoted + ETHER_HDR_LEN,
		.quote_size = size - ETHER_HDR_LEN,
	};
	send_error(ping, &error);
}

/* --- from the host --- */

static void take_errors(struct session *session)
{
	uint8_t *buffer = session->ping->buffer;
	struct ping_message message;

	for (int i = 0; i < MESSAGES_AT_ONCE &&
			ping_socket_receive(session->host.fd, MSG_ERRQUEUE, buffer, &message);
	     i++)
		if (message.has_cause)
			pass_error(session, &message);
}

static void on_host(struct watch_entry *entry, uint32_t events)
{
	struct session *session = (struct session *)entry;
	uint8_t *buffer = session->ping->buffer;
	struct ping_message message;

	if (events & EPOLLERR)
		take_errors(session);
	for (int i = 0;
	     i < MESSAGES_AT_ONCE && ping_socket_receive(session->host.fd, 0, buffer, &message);
	     i++)
		if (message.from.family == session->inner.family)
			send_reply(session, &message);
}

/* --- from the command --- */

static uint8_t hop_limit_of(const struct frame *frame)
{
	/* TTL is the ninth byte of an IPv4 header, the hop limit the eighth of an IPv6 one. */
	return frame->data[frame->network_offset + (is_ipv4(&frame->source) ? 8 : 7)];
}

static bool send_to_host(const struct session *session, const struct frame *frame)
{
	return ping_socket_send(session->host.fd, &frame->destination, hop_limit_of(frame) - 1,
				frame->data + frame->transport_offset,
				frame->end - frame->transport_offset);
}

/* We are the command's router, and count as one. */
static void expire(struct ping *ping, const struct frame *frame)
{
	const struct link_network *network =
		link_config_network(ping->context.link, frame->source.family);
	const struct icmp_error error = {
		.source = &network->gateway,
		.destination = &frame->source,
		.type = is_ipv4(&frame->source) ? ICMP_TIME_EXCEEDED : ICMPV6_TIME_EXCEED,
		.quote = frame->data + frame->network_offset,
		.quote_size = MIN(frame->end - frame->network_offset, ICMP_ERROR_QUOTE_MAX),
	};

	send_error(ping, &error);
}

static void reject(struct ping *ping, const struct frame *frame, enum reject_reason reason)
{
	uint8_t answer[REJECT_FRAME_SIZE];
	size_t size = reject_build(frame, reason, answer);

	if (size)
		send_frame(answer, size, ping);
}

static bool is_echo_request(const struct frame *frame, struct echo *ret_echo)
{
	if (frame->is_fragment || frame->end - frame->transport_offset < sizeof(*ret_echo))
		return false;
	memcpy(ret_echo, frame->data + frame->transport_offset, sizeof(*ret_echo));
	return ret_echo->code == 0 &&
	       ret_echo->type ==
		       (is_ipv4(&frame->source) ? ICMP_ECHO : (uint8_t)ICMPV6_ECHO_REQUEST);
}

static void refuse(struct ping *ping, const struct frame *frame)
{
	const struct denied_flow flow = {
		.protocol = frame->protocol,
		.source = frame->source,
		.destination = frame->destination,
		.reason = "ping",
	};

	denials_note(ping->context.denials, &flow);
	if (ping->counts.refused++ == 0 && ping->context.notifier)
		notifier_tell(ping->context.notifier, NOTICE_PING_REFUSED,
			      json_node_new(JSON_NODE_OBJECT), NULL, 0, NULL);
	reject(ping, frame, REJECT_PROHIBITED);
}

static struct session *obtain_session(struct ping *ping, const struct frame *frame, uint16_t id)
{
	struct session *session = find_session(ping, &frame->source, id);

	if (session)
		return session;
	session = open_session(ping, &frame->source, id);
	if (!session && errno == EACCES)
		refuse(ping, frame);
	else if (!session)
		reject(ping, frame, reject_reason_of_errno(errno));
	return session;
}

static void forward(struct ping *ping, const struct frame *frame, uint16_t id)
{
	struct session *session = obtain_session(ping, frame, id);

	if (!session)
		return;
	use_session(session);
	ping->counts.requests++;
	if (send_to_host(session, frame))
		return;
	/* What the socket was told of an earlier request fails the next, once. */
	take_errors(session);
	if (!send_to_host(session, frame) && errno != EAGAIN && errno != ENOBUFS)
		reject(ping, frame, reject_reason_of_errno(errno));
}

static bool is_icmp(const struct frame *frame)
{
	return frame->kind == FRAME_IP &&
	       (frame->protocol == IPPROTO_ICMP || frame->protocol == IPPROTO_ICMPV6);
}

static void take(struct ping *ping, const struct frame *frame)
{
	struct echo echo;

	if (!is_echo_request(frame, &echo))
		ping->counts.dropped++;
	else if (hop_limit_of(frame) <= 1)
		expire(ping, frame);
	else
		forward(ping, frame, echo.id);
}

bool ping_frame_from_tap(struct ping *ping, const struct frame *frame)
{
	if (!is_icmp(frame) || !policy_is_outside(ping->context.policy, &frame->destination))
		return false;
	take(ping, frame);
	return true;
}

/* --- life --- */

struct ping *ping_new(const struct ping_context *context)
{
	struct ping *ping = g_new0(struct ping, 1);

	ping->context = *context;
	ping->buffer = g_malloc(PING_MESSAGE_MAX);
	return ping;
}

void ping_free(struct ping *ping)
{
	if (!ping)
		return;
	while (ping->sessions.head)
		session_free(ping->sessions.head->data);
	if (ping->sweep)
		g_source_remove(ping->sweep);
	g_free(ping->buffer);
	g_free(ping);
}

void ping_describe(const struct ping *ping, JsonBuilder *builder)
{
	json_add_int(builder, "ping_requests", (gint64)ping->counts.requests);
	json_add_int(builder, "ping_replies", (gint64)ping->counts.replies);
	json_add_int(builder, "ping_errors", (gint64)ping->counts.errors);
	json_add_int(builder, "ping_refused", (gint64)ping->counts.refused);
	json_add_int(builder, "ping_dropped", (gint64)ping->counts.dropped);
	json_add_int(builder, "ping_sockets", ping->sessions.length);
}
