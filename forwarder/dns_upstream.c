/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_upstream - asks the host's name servers, one after the other until one knows */
#include "forwarder/dns_upstream.h"

#include <string.h>
#include <sys/random.h>

#include "forwarder/dns_attempt.h"
#include "forwarder/dns_servers.h"

/*
 * How it works
 *
 * An exchange asks the first server. When that says that it cannot tell, or cannot be reached, the
 * next one is asked at once; when it is silent, after a second, while the first one may still
 * answer: slow is not dead. When all have been asked, the question is repeated now and then (UDP),
 * until the first answer or the deadline. A server that was silent, and has not been heard just
 * before, is asked last for a while.
 *
 * Where a proxy hides names it carries the questions, by TCP, but to servers on the host's
 * loopback.
 *
 * An answer must come from the address that was asked to the port that asked, with the id and the
 * question (RFC 5452): id and port are random, and each question has a socket of its own.
 */

#define STEP_MS	    1000
#define REPEAT_MS   2000
#define DEADLINE_US (10 * G_USEC_PER_SEC)

struct dns_exchange {
	struct dns_upstream *upstream;
	GList link; /* in upstream->exchanges */
	dns_upstream_answered answered;
	void *opaque;
	struct dns_query query;
	uint16_t id;
	bool by_tcp;
	gint64 begun_us;
	guint timer;
	unsigned order[DNS_SERVERS_MAX]; /* attempt -> server */
	unsigned n_asked, n_servers;
	struct dns_attempt attempts[DNS_SERVERS_MAX];
	uint8_t *failure; /* what the first server said that could not tell, or NULL */
	size_t failure_size;
	size_t size;
	uint8_t buffer[]; /* the prefix and the question, with our id */
};

struct dns_upstream {
	struct watch *watch;
	const struct way_out *way_out;
	struct dns_servers servers;
	GQueue exchanges; /* oldest first */
	struct dns_upstream_stats stats;
};

static gboolean on_timer(gpointer data);

static void set_timer(struct dns_exchange *exchange, guint ms)
{
	g_clear_handle_id(&exchange->timer, g_source_remove);
	exchange->timer = g_timeout_add(ms, on_timer, exchange);
}

static void end_attempts(struct dns_exchange *exchange)
{
	for (unsigned i = 0; i < exchange->n_asked; i++)
		dns_attempt_end(&exchange->attempts[i]);
	exchange->n_asked = 0;
}

static void forget(struct dns_exchange *exchange)
{
	g_clear_handle_id(&exchange->timer, g_source_remove);
	g_queue_unlink(&exchange->upstream->exchanges, &exchange->link);
}

static void exchange_free(struct dns_exchange *exchange)
{
	end_attempts(exchange);
	g_free(exchange->failure);
	g_free(exchange);
}

void dns_upstream_cancel(struct dns_exchange *exchange)
{
	forget(exchange);
	exchange_free(exchange);
}

/* answer may be the exchange's own, or an attempt's; and whoever gets it may ask the next. */
static void finish(struct dns_exchange *exchange, uint8_t *answer, size_t size)
{
	forget(exchange);
	exchange->answered(answer, size, exchange->opaque);
	exchange_free(exchange);
}

static void give_up(struct dns_exchange *exchange)
{
	if (!exchange->failure)
		exchange->upstream->stats.unanswered++;
	finish(exchange, exchange->failure, exchange->failure ? exchange->failure_size : 0);
}

static void begin(struct dns_exchange *exchange, bool by_tcp);

/* Nobody is left who could answer. */
static void conclude(struct dns_exchange *exchange)
{
	if (exchange->by_tcp && !exchange->failure)
		begin(exchange, false);
	else
		give_up(exchange);
}

static bool is_waiting(const struct dns_exchange *exchange)
{
	for (unsigned i = 0; i < exchange->n_asked; i++)
		if (dns_attempt_is_alive(&exchange->attempts[i]))
			return true;
	return false;
}

static unsigned server_of(const struct dns_exchange *exchange, const struct dns_attempt *attempt)
{
	return exchange->order[attempt - exchange->attempts];
}

static void on_heard(struct dns_attempt *attempt, uint8_t *message, size_t size);

static bool is_by_proxy(const struct dns_upstream *upstream, const struct sockaddr_storage *server)
{
	struct ip_address address;
	uint16_t port;

	return outbound_hides_names(upstream->way_out->outbound) &&
	       !(ip_address_from_sockaddr((const struct sockaddr *)server, &address, &port) &&
		 ip_address_is_host_loopback(&address));
}

static bool ask(struct dns_exchange *exchange, struct dns_attempt *attempt)
{
	struct dns_upstream *upstream = exchange->upstream;
	unsigned i = server_of(exchange, attempt);
	const struct sockaddr_storage *server = &upstream->servers.addresses[i];
	bool by_proxy = is_by_proxy(upstream, server);

	*attempt = (struct dns_attempt){
		.entry.fd = -1,
		.watch = upstream->watch,
		.heard = on_heard,
		.opaque = exchange,
		.by_tcp = exchange->by_tcp || by_proxy,
		.by_proxy = by_proxy,
		.message = exchange->buffer + DNS_PREFIX,
		.size = exchange->size,
	};
	if (!dns_attempt_start(attempt, server, upstream->way_out))
		return false;
	if (attempt->by_tcp)
		upstream->stats.by_tcp++;
	else
		upstream->stats.by_udp++;
	return true;
}

/* Asks the next server that can be reached at all; false when there is none. */
static bool ask_next(struct dns_exchange *exchange)
{
	while (exchange->n_asked < exchange->n_servers) {
		struct dns_attempt *attempt = &exchange->attempts[exchange->n_asked++];

		if (ask(exchange, attempt)) {
			set_timer(exchange, STEP_MS);
			return true;
		}
		dns_servers_doubt(&exchange->upstream->servers, server_of(exchange, attempt),
				  g_get_monotonic_time());
	}
	return false;
}

static gboolean on_timer(gpointer data)
{
	struct dns_exchange *exchange = data;
	struct dns_upstream *upstream = exchange->upstream;
	gint64 now_us = g_get_monotonic_time();

	exchange->timer = 0;
	if (now_us - exchange->begun_us > DEADLINE_US) {
		give_up(exchange);
		return G_SOURCE_REMOVE;
	}
	for (unsigned i = 0; i < exchange->n_asked; i++)
		if (dns_attempt_is_alive(&exchange->attempts[i]))
			dns_servers_doubt_silent(&upstream->servers, exchange->order[i], now_us);
	if (ask_next(exchange))
		return G_SOURCE_REMOVE;
	if (!is_waiting(exchange)) {
		conclude(exchange);
		return G_SOURCE_REMOVE;
	}
	for (unsigned i = 0; i < exchange->n_asked; i++)
		if (dns_attempt_is_alive(&exchange->attempts[i]))
			dns_attempt_repeat(&exchange->attempts[i]);
	set_timer(exchange, REPEAT_MS);
	return G_SOURCE_REMOVE;
}

/* One server less: there may be others. */
static void go_on(struct dns_exchange *exchange)
{
	if (!ask_next(exchange) && !is_waiting(exchange))
		conclude(exchange);
}

static void keep_failure(struct dns_exchange *exchange, const uint8_t *message, size_t size)
{
	if (exchange->failure)
		return;
	exchange->failure = g_memdup2(message, size);
	exchange->failure_size = size;
}

static void on_heard(struct dns_attempt *attempt, uint8_t *message, size_t size)
{
	struct dns_exchange *exchange = attempt->opaque;
	struct dns_upstream *upstream = exchange->upstream;
	enum dns_answer_kind kind =
		size ? dns_answer_judge(message, size, &exchange->query, exchange->id) : DNS_STRAY;

	switch (kind) {
	case DNS_ANSWER:
		dns_servers_trust(&upstream->servers, server_of(exchange, attempt),
				  g_get_monotonic_time());
		finish(exchange, message, size);
		return;
	case DNS_FAILURE:
		keep_failure(exchange, message, size);
		break;
	case DNS_STRAY:
		upstream->stats.stray += size > 0;
		/* Whoever wants to make it stop listening would only have to send nonsense. */
		if (size && !attempt->by_tcp)
			return;
		dns_servers_doubt(&upstream->servers, server_of(exchange, attempt),
				  g_get_monotonic_time());
		break;
	}
	dns_attempt_end(attempt);
	go_on(exchange);
}

/* Nothing may be told before the caller has its exchange: the timer does it. */
static void begin(struct dns_exchange *exchange, bool by_tcp)
{
	const struct dns_servers *servers = &exchange->upstream->servers;

	end_attempts(exchange);
	exchange->by_tcp = by_tcp;
	exchange->n_servers = servers->n;
	dns_servers_order(servers, g_get_monotonic_time(), exchange->order);
	if (!ask_next(exchange))
		set_timer(exchange, 0);
}

struct dns_exchange *dns_upstream_ask(struct dns_upstream *upstream, const uint8_t *question,
				      size_t size, bool by_tcp, dns_upstream_answered answered,
				      void *opaque)
{
	struct dns_exchange *exchange = g_malloc0(sizeof(struct dns_exchange) + DNS_PREFIX + size);

	if (upstream->exchanges.length >= DNS_EXCHANGES_MAX) {
		upstream->stats.evicted++;
		give_up(upstream->exchanges.head->data);
	}
	exchange->upstream = upstream;
	exchange->link.data = exchange;
	exchange->answered = answered;
	exchange->opaque = opaque;
	exchange->begun_us = g_get_monotonic_time();
	exchange->size = size;
	exchange->buffer[0] = (uint8_t)(size >> 8);
	exchange->buffer[1] = (uint8_t)size;
	memcpy(exchange->buffer + DNS_PREFIX, question, size);
	dns_query_read(question, size, &exchange->query);
	/* Where it fails, the port alone is random. */
	if (getrandom(&exchange->id, sizeof(exchange->id), 0) < 0)
		exchange->id = (uint16_t)g_random_int();
	dns_message_set_id(exchange->buffer + DNS_PREFIX, exchange->id);
	g_queue_push_tail_link(&upstream->exchanges, &exchange->link);
	begin(exchange, by_tcp);
	return exchange;
}

void dns_upstream_set_servers(struct dns_upstream *upstream, const GArray *servers)
{
	if (!dns_servers_set(&upstream->servers, servers))
		return;
	for (GList *link = upstream->exchanges.head, *next; link; link = next) {
		struct dns_exchange *exchange = link->data;

		next = link->next;
		g_clear_pointer(&exchange->failure, g_free);
		begin(exchange, exchange->by_tcp);
	}
}

struct dns_upstream *dns_upstream_new(struct watch *watch, const struct way_out *way_out)
{
	struct dns_upstream *upstream = g_new0(struct dns_upstream, 1);

	upstream->watch = watch;
	upstream->way_out = way_out;
	return upstream;
}

void dns_upstream_free(struct dns_upstream *upstream)
{
	if (!upstream)
		return;
	while (upstream->exchanges.head)
		dns_upstream_cancel(upstream->exchanges.head->data);
	g_free(upstream);
}

void dns_upstream_get_stats(const struct dns_upstream *upstream,
			    struct dns_upstream_stats *ret_stats)
{
	*ret_stats = upstream->stats;
	ret_stats->pending = upstream->exchanges.length;
}
