/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns - the container's resolver: its own names, and what the host's name servers know */
#include "forwarder/dns.h"

#include <string.h>
#include <sys/socket.h>

#include "forwarder/dns_names.h"
#include "forwarder/dns_reply.h"
#include "forwarder/dns_upstream.h"
#include "forwarder/dns_virtual.h"
#include "src/autoclose.h"
#include "src/json_add.h"

/*
 * How it works
 *
 *   dns_udp, dns_tcp ─▶ dns_ask() ─┬─ own names, malformed, not to be asked ─▶ dns_reply
 *                                  ├─ a proxy resolves names ─▶ dns_virtual
 *                                  └─ dns_upstream ─▶ name servers
 *
 * Questions and answers pass as they are, but for their id: what they carry besides (EDNS, DNSSEC)
 * is between the command and the name server. Nothing is kept: the host's resolver does that.
 */

struct dns_counters {
	uint64_t questions;
	uint64_t own;	    /* names that were answered here */
	uint64_t for_proxy; /* names that are a proxy's to resolve */
	uint64_t unasked;   /* what no proxy can tell */
	uint64_t malformed; /* or of a kind that is not served */
	uint64_t refused;   /* by the rules of egress */
	uint64_t failed;    /* nobody has answered: SERVFAIL */
	uint64_t truncated; /* answers that UDP cannot carry */
	uint64_t withheld;  /* addresses of IPv6, which has no way out */
};

struct dns {
	struct dns_context context;
	struct dns_names *own;
	struct dns_upstream *upstream;
	GArray *servers; /* of struct sockaddr_storage */
	struct dns_counters counters;
};

struct dns_request {
	struct dns *dns;
	struct dns_exchange *exchange;
	dns_answered answered;
	void *opaque;
	bool by_tcp;
	uint16_t id;
	struct dns_query query;
	uint8_t question[]; /* header and question, as they came */
};

/* --- answers from name servers --- */

/* Routing alone tells; nothing is sent. */
static bool has_way_out(const struct dns *dns, const struct ip_address *address)
{
	struct sockaddr_storage sockaddr;
	socklen_t size = ip_address_to_sockaddr(address, DNS_PORT, &sockaddr);
	autoclose int fd = -1;

	if (!link_config_network(dns->context.link, address->family)->enabled)
		return false;
	fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && way_out_bind_stream(dns->context.way_out, fd, address) &&
	       connect(fd, (struct sockaddr *)&sockaddr, size) == 0;
}

/* Programs try IPv6 first, and some wait long before they take the other. */
static bool is_useless(const struct dns *dns, const struct dns_query *query,
		       const struct dns_answer *answer)
{
	if (query->type != ns_t_aaaa || answer->addresses->len == 0)
		return false;
	for (guint i = 0; i < answer->addresses->len; i++)
		if (has_way_out(dns,
				&g_array_index(answer->addresses, struct dns_address, i).address))
			return false;
	return true;
}

/* Before the answer is passed on: the first packet may come at once. */
static void teach(const struct dns *dns, const struct dns_answer *answer)
{
	for (guint i = 0; i < answer->addresses->len; i++) {
		const struct dns_address *address =
			&g_array_index(answer->addresses, struct dns_address, i);
		const struct egress_answer learnt = {
			.names = (const char *const *)answer->names->pdata,
			.n_names = answer->names->len,
			.address = address->address,
			.ttl = address->ttl_s,
		};

		egress_learn(dns->context.egress, &learnt);
	}
}

static void answer_code(const struct dns_request *request, unsigned code)
{
	uint8_t reply[DNS_REPLY_SIZE];

	request->answered(reply, dns_reply_code(request->question, &request->query, code, reply),
			  request->opaque);
}

static bool fits(const struct dns_request *request, size_t size)
{
	return request->by_tcp || size <= request->query.udp_size;
}

/* What is cut off may be so anywhere; whole records are of use to who cannot ask by TCP. */
static bool may_pass(const struct dns_request *request, const uint8_t *message, size_t size)
{
	return fits(request, size) && (!dns_answer_is_truncated(message, size) ||
				       dns_message_is_well_formed(message, size));
}

/* Passes a message of a name server on. */
static void pass(const struct dns_request *request, uint8_t *message, size_t size,
		 const struct dns_answer *answer)
{
	struct dns *dns = request->dns;
	uint8_t reply[DNS_REPLY_SIZE];

	dns->counters.truncated += !request->by_tcp &&
				   (dns_answer_is_truncated(message, size) || !fits(request, size));
	if (!may_pass(request, message, size)) {
		request->answered(reply,
				  dns_reply_truncated(request->question, &request->query, reply),
				  request->opaque);
		return;
	}
	name_table_learn(dns->context.names, message, size);
	teach(dns, answer);
	dns_message_set_id(message, request->id);
	request->answered(message, size, request->opaque);
}

static void on_answer(uint8_t *message, size_t size, void *opaque)
{
	struct dns_request *request = opaque;
	struct dns *dns = request->dns;
	struct dns_answer answer;

	if (size == 0) {
		dns->counters.failed++;
		answer_code(request, ns_r_servfail);
	} else {
		dns_answer_init(&answer, &request->query, message, size);
		if (is_useless(dns, &request->query, &answer)) {
			dns->counters.withheld++;
			answer_code(request, ns_r_noerror);
		} else {
			pass(request, message, size, &answer);
		}
		dns_answer_done(&answer);
	}
	g_free(request);
}

/* --- questions --- */

static void answer_own(const struct dns_request *request, const GArray *addresses)
{
	uint8_t reply[DNS_REPLY_SIZE];
	size_t size = dns_reply_addresses(request->question, &request->query,
					  (const struct ip_address *)(void *)addresses->data,
					  addresses->len, reply);

	request->dns->counters.own++;
	name_table_learn(request->dns->context.names, reply, size);
	request->answered(reply, size, request->opaque);
}

/* True if it was about a virtual address: no look-up, so no rule is about it. */
static bool answer_reverse(const struct dns_request *request)
{
	struct dns *dns = request->dns;
	uint8_t reply[DNS_REPLY_SIZE];
	size_t size = dns_virtual_reverse(dns->context.virtual_names, request->question,
					  &request->query, reply);

	if (size == 0)
		return false;
	dns->counters.own++;
	request->answered(reply, size, request->opaque);
	return true;
}

/* libslirp takes the host's route, whoever connects. */
static bool is_useless_to_stack(const struct dns *dns, const struct dns_query *query,
				const uint8_t *reply, size_t size)
{
	struct dns_answer answer;

	if (dns->context.link->kind != LINK_TAP)
		return false;
	dns_answer_init(&answer, query, reply, size);
	bool useless = is_useless(dns, query, &answer);
	dns_answer_done(&answer);
	return useless;
}

/*
 * What no proxy can tell (MX, TXT, ...) is for the servers that the user has named, which are asked
 * through it. The host's own were never meant to hear of this: nobody answers then. False if one is
 * to be asked.
 */
static bool answer_virtual(const struct dns_request *request)
{
	struct dns *dns = request->dns;
	uint8_t reply[DNS_REPLY_SIZE];
	size_t size = dns_virtual_answer(dns->context.virtual_names, request->question,
					 &request->query, reply);

	dns->counters.for_proxy += size > 0;
	if (size == 0 && dns->context.config->servers->len > 0)
		return false;
	if (size == 0) {
		dns->counters.unasked++;
		answer_code(request, ns_r_notimpl);
	} else if (is_useless_to_stack(dns, &request->query, reply, size)) {
		dns->counters.withheld++;
		answer_code(request, ns_r_noerror);
	} else {
		name_table_learn(dns->context.names, reply, size);
		request->answered(reply, size, request->opaque);
	}
	return true;
}

/* Names that are nobody else's. True if this is about one. */
static bool answer_here(const struct dns_request *request)
{
	const GArray *own = dns_names_find(request->dns->own, request->query.name);

	if (!own)
		return request->dns->context.virtual_names && answer_reverse(request);
	answer_own(request, own);
	return true;
}

/* True if it needs no name server. */
static bool answer_at_once(const struct dns_request *request, int code)
{
	struct dns *dns = request->dns;

	if (code < 0) {
		request->answered(NULL, 0, request->opaque);
		return true;
	}
	dns->counters.questions++;
	if (code != ns_r_noerror) {
		dns->counters.malformed++;
		answer_code(request, (unsigned)code);
		return true;
	}
	if (answer_here(request))
		return true;
	if (!egress_may_look_up(dns->context.egress, request->query.name)) {
		dns->counters.refused++;
		answer_code(request, ns_r_refused);
		return true;
	}
	return dns->context.virtual_names && answer_virtual(request);
}

struct dns_request *dns_ask(struct dns *dns, const uint8_t *message, size_t size, bool by_tcp,
			    dns_answered answered, void *opaque)
{
	struct dns_query query = {0};
	int code = dns_query_read(message, size, &query);
	struct dns_request *request =
		g_malloc0(sizeof(struct dns_request) + MAX(query.question_end, NS_HFIXEDSZ));

	*request = (struct dns_request){
		.dns = dns,
		.answered = answered,
		.opaque = opaque,
		.by_tcp = by_tcp,
		.query = query,
	};
	if (code >= 0) {
		request->id = dns_message_id(message);
		memcpy(request->question, message, query.question_end);
	}
	if (answer_at_once(request, code)) {
		g_free(request);
		return NULL;
	}
	request->exchange =
		dns_upstream_ask(dns->upstream, message, size, by_tcp, on_answer, request);
	return request;
}

void dns_cancel(struct dns_request *request)
{
	dns_upstream_cancel(request->exchange);
	g_free(request);
}

/* --- life --- */

static void use_servers(struct dns *dns, const GArray *servers)
{
	g_array_set_size(dns->servers, 0);
	g_array_append_vals(dns->servers, servers->data, servers->len);
	dns_upstream_set_servers(dns->upstream, servers);
}

void dns_set_host_servers(struct dns *dns, const GArray *servers)
{
	if (dns->context.config->servers->len == 0)
		use_servers(dns, servers);
}

/* Those who read /etc/hosts ask nobody. */
static void teach_own(const struct dns *dns)
{
	const GArray *hosts = dns->context.config->hosts;

	for (guint i = 0; i < hosts->len; i++) {
		const struct dns_host *host = &g_array_index(hosts, struct dns_host, i);
		const char *name = host->name;
		const struct egress_answer learnt = {
			.names = &name,
			.n_names = 1,
			.address = host->address,
			.ttl = UINT32_MAX,
			.is_configured = true,
		};

		egress_learn(dns->context.egress, &learnt);
	}
}

struct dns *dns_new(const struct dns_context *context)
{
	struct dns *dns = g_new0(struct dns, 1);

	dns->context = *context;
	dns->own = dns_names_new(context->config, context->link);
	dns->upstream = dns_upstream_new(context->watch, context->way_out);
	dns->servers = g_array_new(FALSE, FALSE, sizeof(struct sockaddr_storage));
	use_servers(dns, context->config->servers);
	teach_own(dns);
	return dns;
}

void dns_free(struct dns *dns)
{
	if (!dns)
		return;
	dns_upstream_free(dns->upstream);
	dns_names_free(dns->own);
	g_array_unref(dns->servers);
	g_free(dns);
}

static void add_servers(const struct dns *dns, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "servers");
	json_builder_begin_array(builder);
	for (guint i = 0; i < dns->servers->len; i++) {
		g_autofree char *text = dns_server_to_string(
			&g_array_index(dns->servers, struct sockaddr_storage, i));
		json_builder_add_string_value(builder, text);
	}
	json_builder_end_array(builder);
}

void dns_describe(const struct dns *dns, JsonBuilder *builder)
{
	const struct dns_counters *counters = &dns->counters;
	struct dns_upstream_stats upstream;

	dns_upstream_get_stats(dns->upstream, &upstream);
	json_builder_set_member_name(builder, "dns");
	json_builder_begin_object(builder);
	add_servers(dns, builder);
	json_add_int(builder, "questions", (gint64)counters->questions);
	json_add_int(builder, "pending", upstream.pending);
	json_add_int(builder, "answered_here", (gint64)counters->own);
	json_add_int(builder, "left_to_proxy", (gint64)counters->for_proxy);
	if (dns->context.virtual_names)
		json_add_int(builder, "virtual_names",
			     virtual_names_count(dns->context.virtual_names));
	json_add_int(builder, "not_asked", (gint64)counters->unasked);
	json_add_int(builder, "malformed", (gint64)counters->malformed);
	json_add_int(builder, "refused", (gint64)counters->refused);
	json_add_int(builder, "failed", (gint64)counters->failed);
	json_add_int(builder, "truncated", (gint64)counters->truncated);
	json_add_int(builder, "ipv6_withheld", (gint64)counters->withheld);
	json_add_int(builder, "asked_by_udp", (gint64)upstream.by_udp);
	json_add_int(builder, "asked_by_tcp", (gint64)upstream.by_tcp);
	json_add_int(builder, "unanswered", (gint64)upstream.unanswered);
	json_add_int(builder, "evicted", (gint64)upstream.evicted);
	json_add_int(builder, "stray", (gint64)upstream.stray);
	json_builder_end_object(builder);
}
