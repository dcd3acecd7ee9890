/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_tcp - questions to the container's resolver by TCP (RFC 7766) */
#include "forwarder/dns_tcp.h"

#include "forwarder/tcp_endpoint.h"

/*
 * How it works
 *
 * A client may send many questions before the first answer, and gets the answers as they come: in
 * any order. While MAX_PENDING wait for one, or much of the answers is not taken, nothing more is
 * read, and the client's window fills up.
 */

#define MAX_PENDING 8
#define MAX_UNSENT  16384
/* No question is longer: a name, a few options. Every one that is shorter can be read as a whole.
 */
#define MAX_QUESTION 4096

G_STATIC_ASSERT(2 + MAX_QUESTION <= TCP_INPUT_MAX);

struct question {
	struct connection *connection;
	struct dns_request *request;
	GList link;
};

struct connection {
	struct dns_tcp *tcp;
	struct tcp_stream *stream;
	GQueue questions; /* of struct question: pending */
	bool is_reading;
};

struct dns_tcp {
	struct dns *dns;
	struct tap *tap;
	struct tcp_endpoint *endpoint;
};

static void question_free(struct question *question)
{
	g_queue_unlink(&question->connection->questions, &question->link);
	g_free(question);
}

static void read_questions(struct connection *connection);

static void on_answer(const uint8_t *answer, size_t size, void *opaque)
{
	struct question *question = opaque;
	struct connection *connection = question->connection;
	const uint8_t prefix[] = {(uint8_t)(size >> 8), (uint8_t)size};
	g_autoptr(GByteArray) message = g_byte_array_sized_new(sizeof(prefix) + (guint)size);

	question_free(question);
	if (size) {
		/* In one piece: some clients read the length and the rest by one call. */
		g_byte_array_append(message, prefix, sizeof(prefix));
		g_byte_array_append(message, answer, (guint)size);
		tcp_stream_send(connection->stream, message->data, message->len);
	}
	if (!connection->is_reading)
		read_questions(connection);
}

static void ask(struct connection *connection, const uint8_t *message, size_t size)
{
	struct question *question = g_new0(struct question, 1);

	question->connection = connection;
	question->link.data = question;
	g_queue_push_tail_link(&connection->questions, &question->link);
	struct dns_request *request =
		dns_ask(connection->tcp->dns, message, size, true, on_answer, question);
	/* Without one, the question is answered already, and is gone. */
	if (request)
		question->request = request;
}

static bool may_read(const struct connection *connection)
{
	return connection->questions.length < MAX_PENDING &&
	       tcp_stream_unsent(connection->stream) < MAX_UNSENT;
}

/* Takes one question; false when there is none as a whole. */
static bool read_question(struct connection *connection, bool *ret_is_nonsense)
{
	size_t available;
	const uint8_t *data = tcp_stream_peek(connection->stream, &available);
	size_t size = available >= 2 ? (size_t)(data[0] << 8 | data[1]) : 0;

	*ret_is_nonsense = available >= 2 && (size < NS_HFIXEDSZ || size > MAX_QUESTION);
	if (available < 2 || *ret_is_nonsense || available < 2 + size)
		return false;
	ask(connection, data + 2, size);
	tcp_stream_consume(connection->stream, 2 + size);
	return true;
}

static void read_questions(struct connection *connection)
{
	struct tcp_stream *stream = connection->stream;
	bool is_nonsense = false;

	connection->is_reading = true;
	while (may_read(connection) && read_question(connection, &is_nonsense))
		;
	connection->is_reading = false;
	if (is_nonsense)
		tcp_stream_reset(stream);
	else if (tcp_stream_has_ended(stream) && connection->questions.length == 0 &&
		 may_read(connection))
		tcp_stream_close(stream);
}

static void *on_opened(struct tcp_stream *stream, void *opaque)
{
	struct connection *connection = g_new0(struct connection, 1);

	connection->tcp = opaque;
	connection->stream = stream;
	return connection;
}

static void on_readable(void *opaque)
{
	read_questions(opaque);
}

static void on_closed(void *opaque)
{
	struct connection *connection = opaque;

	while (connection->questions.head) {
		struct question *question = connection->questions.head->data;

		dns_cancel(question->request);
		question_free(question);
	}
	g_free(connection);
}

static void write_frame(const uint8_t *frame, size_t size, void *opaque)
{
	tap_write_frame(opaque, frame, size);
}

void dns_tcp_frame_from_tap(struct dns_tcp *tcp, const struct frame *frame)
{
	tcp_endpoint_frame_from_tap(tcp->endpoint, frame);
}

struct dns_tcp *dns_tcp_new(struct dns *dns, struct tap *tap, const struct link_config *link)
{
	struct dns_tcp *tcp = g_new0(struct dns_tcp, 1);
	const struct tcp_endpoint_context context = {
		.link = link,
		.send_frame_to_tap = write_frame,
		.opaque = tap,
		.service = {on_opened, on_readable, on_closed, tcp},
	};

	tcp->dns = dns;
	tcp->tap = tap;
	tcp->endpoint = tcp_endpoint_new(&context);
	return tcp;
}

void dns_tcp_free(struct dns_tcp *tcp)
{
	if (!tcp)
		return;
	tcp_endpoint_free(tcp->endpoint);
	g_free(tcp);
}
