/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_dns - any message, as a question of the command and as the answer of a name server */
#include <string.h>

#include <glib.h>

#include "forwarder/dns_message.h"
#include "forwarder/dns_reply.h"
#include "forwarder/dns_virtual.h"
#include "tests/fuzz/fuzz.h"

/* What others compare names by. */
static void check_name(const char *name)
{
	g_assert(strlen(name) < NS_MAXDNAME);
	for (const char *c = name; *c; c++)
		g_assert(*c > ' ' && *c <= '~' && !g_ascii_isupper(*c));
}

/* Our own answer must be one that we would take. */
static void check_reply(const struct dns_query *query, const uint8_t *question,
			const uint8_t *reply, size_t size)
{
	struct dns_answer answer;

	g_assert(size <= DNS_REPLY_SIZE);
	g_assert(dns_answer_judge(reply, size, query, dns_message_id(question)) == DNS_ANSWER);
	dns_answer_init(&answer, query, reply, size);
	dns_answer_done(&answer);
}

static void on_list_flows(struct flow_page *page, void *opaque)
{
	(void)page, (void)opaque;
}

/* With room for all names that ever come. */
static struct virtual_names *get_names(void)
{
	static struct virtual_names *names;
	static struct link_config link = {.v4.enabled = true, .v6.enabled = true};
	const struct virtual_names_context context = {.link = &link, .list_flows = on_list_flows};

	if (!names)
		names = virtual_names_new(&context);
	return names;
}

static void ask_virtual(const uint8_t *data, const struct dns_query *query, uint8_t *reply)
{
	size_t size = dns_virtual_reverse(get_names(), data, query, reply);

	if (size == 0)
		size = dns_virtual_answer(get_names(), data, query, reply);
	g_assert(size <= DNS_REPLY_SIZE);
	if (size > 0 && (reply[3] & 0xf) == ns_r_noerror)
		check_reply(query, data, reply, size);
}

static void ask(const uint8_t *data, size_t size)
{
	static const struct ip_address addresses[] = {
		{.family = AF_INET, .bytes = {192, 0, 2, 1}},
		{.family = AF_INET6, .bytes = {0x20, 1, 0xd, 0xb8}},
	};
	g_autofree uint8_t *reply = g_malloc(DNS_REPLY_SIZE);
	struct dns_query query;
	int code = dns_query_read(data, size, &query);

	if (code < 0)
		return;
	g_assert(query.question_end >= NS_HFIXEDSZ && query.question_end <= size);
	g_assert(query.udp_size >= DNS_UDP_MIN);
	g_assert(dns_reply_code(data, &query, (unsigned)code, reply) <= DNS_REPLY_SIZE);
	if (code != ns_r_noerror)
		return;
	check_name(query.name);
	check_reply(&query, data, reply,
		    dns_reply_addresses(data, &query, addresses, G_N_ELEMENTS(addresses), reply));
	check_reply(&query, data, reply, dns_reply_truncated(data, &query, reply));
	ask_virtual(data, &query, reply);
}

static void answer(const uint8_t *data, size_t size)
{
	struct dns_query query = {.name = "www.test", .type = ns_t_a, .class = ns_c_in};
	struct dns_answer answer;

	if (size < NS_HFIXEDSZ)
		return;
	enum dns_answer_kind kind = dns_answer_judge(data, size, &query, dns_message_id(data));
	dns_answer_init(&answer, &query, data, size);
	g_assert(answer.names->len >= 1 && answer.names->len <= 20);
	g_assert(kind == DNS_ANSWER || kind == DNS_FAILURE || kind == DNS_STRAY);
	for (guint i = 0; i < answer.names->len; i++)
		check_name(g_ptr_array_index(answer.names, i));
	for (guint i = 0; i < answer.addresses->len; i++)
		g_assert(g_array_index(answer.addresses, struct dns_address, i).address.family);
	dns_answer_done(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ask(data, size);
	answer(data, size);
	return 0;
}
