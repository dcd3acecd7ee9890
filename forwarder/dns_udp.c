/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_udp - questions to the container's resolver in datagrams, as frames */
#include "forwarder/dns_udp.h"

#include <string.h>

#include "forwarder/udp_frame.h"

/* What names a question: retransmissions have the same. */
struct key {
	struct udp_endpoint client, server;
	uint16_t id;
};

struct question {
	struct key key; /* first: it is the hash table's, too */
	struct dns_udp *udp;
	struct dns_request *request;
	struct link_config link; /* with the MAC address that the client has right now */
};

struct dns_udp {
	struct dns *dns;
	struct tap *tap;
	const struct link_config *link;
	GHashTable *questions; /* set of struct question */
};

static guint key_hash(gconstpointer data)
{
	const struct key *key = data;

	return udp_endpoint_hash(&key->client) * 33 + key->id;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	const struct key *one = a, *other = b;

	return one->id == other->id && udp_endpoint_equal(&one->client, &other->client) &&
	       udp_endpoint_equal(&one->server, &other->server);
}

static void question_free(gpointer data)
{
	struct question *question = data;

	if (question->request)
		dns_cancel(question->request);
	g_free(question);
}

static void write_frame(const uint8_t *frame, size_t size, void *opaque)
{
	tap_write_frame(opaque, frame, size);
}

static void on_answer(const uint8_t *answer, size_t size, void *opaque)
{
	struct question *question = opaque;
	struct dns_udp *udp = question->udp;
	const struct udp_packet packet = {
		.source = &question->key.server,
		.destination = &question->key.client,
		.data = answer,
		.size = size,
	};

	if (size)
		udp_frame_to_command(&question->link, &packet, write_frame, udp->tap);
	question->request = NULL;
	g_hash_table_remove(udp->questions, question);
}

void dns_udp_frame_from_tap(struct dns_udp *udp, const struct frame *frame)
{
	const uint8_t *message = frame->data + frame->payload_offset;
	size_t size = frame->end - frame->payload_offset;
	struct question *question;
	const struct key key = {
		.client = {.address = frame->source, .port = frame->source_port},
		.server = {.address = frame->destination, .port = frame->destination_port},
		.id = size >= NS_HFIXEDSZ ? dns_message_id(message) : 0,
	};

	if (g_hash_table_contains(udp->questions, &key))
		return;
	question = g_new0(struct question, 1);
	question->key = key;
	question->udp = udp;
	question->link = *udp->link;
	memcpy(question->link.mac.bytes, frame->data + offsetof(struct ether_header, ether_shost),
	       ETH_ALEN);
	g_hash_table_add(udp->questions, question);
	struct dns_request *request = dns_ask(udp->dns, message, size, false, on_answer, question);
	/* Without one, the question is answered already, and is gone. */
	if (request)
		question->request = request;
}

struct dns_udp *dns_udp_new(struct dns *dns, struct tap *tap, const struct link_config *link)
{
	struct dns_udp *udp = g_new0(struct dns_udp, 1);

	udp->dns = dns;
	udp->tap = tap;
	udp->link = link;
	udp->questions = g_hash_table_new_full(key_hash, key_equal, NULL, question_free);
	return udp;
}

void dns_udp_free(struct dns_udp *udp)
{
	if (!udp)
		return;
	g_hash_table_unref(udp->questions);
	g_free(udp);
}
