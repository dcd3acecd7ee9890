/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_dns_message - questions and answers, read and built */
#include "forwarder/dns_message.h"

#include <string.h>

#include "forwarder/dns_reply.h"
#include "tests/unit/dns_packet.h"

#define ID 0x1234

/* From a block of its exact size, so that ASan sees every byte that is read too far. */
static int read_query(const struct dns_packet *packet, struct dns_query *query)
{
	g_autofree uint8_t *copy = g_memdup2(packet->data, packet->size);

	return dns_query_read(copy, packet->size, query);
}

static enum dns_answer_kind judge(const struct dns_packet *packet, const struct dns_query *query)
{
	g_autofree uint8_t *copy = g_memdup2(packet->data, packet->size);

	return dns_answer_judge(copy, packet->size, query, ID);
}

static struct dns_query query_for(const char *name, unsigned type)
{
	struct dns_packet packet;
	struct dns_query query;

	dns_packet_begin(&packet, ID, DNS_PACKET_QUERY, name, type);
	g_assert_cmpint(read_query(&packet, &query), ==, ns_r_noerror);
	return query;
}

static void test_query(void)
{
	struct dns_packet packet;
	struct dns_query query;

	dns_packet_begin(&packet, ID, DNS_PACKET_QUERY, "WWW.Example.ORG", ns_t_aaaa);
	g_assert_cmpint(read_query(&packet, &query), ==, ns_r_noerror);
	g_assert_cmpstr(query.name, ==, "www.example.org");
	g_assert_cmpuint(query.type, ==, ns_t_aaaa);
	g_assert_cmpuint(query.class, ==, ns_c_in);
	g_assert_cmpuint(query.question_end, ==, packet.size);
	g_assert_false(query.has_edns);
	g_assert_cmpuint(query.udp_size, ==, DNS_UDP_MIN);
	dns_packet_edns(&packet, 4096);
	g_assert_cmpint(read_query(&packet, &query), ==, ns_r_noerror);
	g_assert_true(query.has_edns);
	g_assert_cmpuint(query.udp_size, ==, 4096);
	dns_packet_begin(&packet, ID, DNS_PACKET_QUERY, "", ns_t_ns);
	dns_packet_edns(&packet, 17);
	g_assert_cmpint(read_query(&packet, &query), ==, ns_r_noerror);
	g_assert_cmpstr(query.name, ==, "");
	g_assert_cmpuint(query.udp_size, ==, DNS_UDP_MIN);
}

static void test_queries_refused(void)
{
	struct dns_packet packet;
	struct dns_query query;

	dns_packet_begin(&packet, ID, DNS_PACKET_ANSWER, "a.test", ns_t_a);
	g_assert_cmpint(read_query(&packet, &query), ==, -1);
	packet.size = 11;
	g_assert_cmpint(read_query(&packet, &query), ==, -1);
	dns_packet_begin(&packet, ID, DNS_PACKET_QUERY, "a.test", ns_t_axfr);
	g_assert_cmpint(read_query(&packet, &query), ==, ns_r_notimpl);
	dns_packet_begin(&packet, ID, ns_o_update << 11, "a.test", ns_t_soa);
	g_assert_cmpint(read_query(&packet, &query), ==, ns_r_notimpl);
	/* Two questions, none, one that is cut off, one with something behind it. */
	dns_packet_begin(&packet, ID, DNS_PACKET_QUERY, "a.test", ns_t_a);
	packet.data[5] = 2;
	g_assert_cmpint(read_query(&packet, &query), ==, ns_r_formerr);
	packet.data[5] = 0;
	g_assert_cmpint(read_query(&packet, &query), ==, ns_r_formerr);
	packet.data[5] = 1;
	for (packet.size--; packet.size >= NS_HFIXEDSZ; packet.size--)
		g_assert_cmpint(read_query(&packet, &query), ==, ns_r_formerr);
	dns_packet_begin(&packet, ID, DNS_PACKET_QUERY, "a.test", ns_t_a);
	packet.size++;
	g_assert_cmpint(read_query(&packet, &query), ==, ns_r_formerr);
	/* A name that points at itself. */
	dns_packet_begin(&packet, ID, DNS_PACKET_QUERY, "a.test", ns_t_a);
	packet.data[NS_HFIXEDSZ] = 0xc0;
	packet.data[NS_HFIXEDSZ + 1] = NS_HFIXEDSZ;
	g_assert_cmpint(read_query(&packet, &query), ==, ns_r_formerr);
	g_assert_cmpuint(query.question_end, ==, NS_HFIXEDSZ);
}

static void test_judge(void)
{
	const struct dns_query query = query_for("www.test", ns_t_a);
	struct dns_packet packet;

	dns_packet_begin(&packet, ID, DNS_PACKET_ANSWER, "wWw.TesT", ns_t_a);
	dns_packet_address(&packet, "www.test", 60, "192.0.2.1");
	g_assert_cmpint(judge(&packet, &query), ==, DNS_ANSWER);
	packet.size--;
	g_assert_cmpint(judge(&packet, &query), ==, DNS_FAILURE);
	packet.data[2] |= 0x02;
	g_assert_cmpint(judge(&packet, &query), ==, DNS_ANSWER);
	dns_packet_begin(&packet, ID, DNS_PACKET_ANSWER | ns_r_nxdomain, "www.test", ns_t_a);
	g_assert_cmpint(judge(&packet, &query), ==, DNS_ANSWER);
	dns_packet_begin(&packet, ID, DNS_PACKET_ANSWER | ns_r_servfail, "www.test", ns_t_a);
	g_assert_cmpint(judge(&packet, &query), ==, DNS_FAILURE);
	packet.size = NS_HFIXEDSZ;
	packet.data[5] = 0;
	g_assert_cmpint(judge(&packet, &query), ==, DNS_FAILURE);
	packet.data[3] = 0x80;
	g_assert_cmpint(judge(&packet, &query), ==, DNS_STRAY);
}

static void test_stray(void)
{
	const struct dns_query query = query_for("www.test", ns_t_a);
	struct dns_packet packet;

	dns_packet_begin(&packet, ID + 1, DNS_PACKET_ANSWER, "www.test", ns_t_a);
	g_assert_cmpint(judge(&packet, &query), ==, DNS_STRAY);
	dns_packet_begin(&packet, ID, DNS_PACKET_ANSWER, "www.tset", ns_t_a);
	g_assert_cmpint(judge(&packet, &query), ==, DNS_STRAY);
	dns_packet_begin(&packet, ID, DNS_PACKET_ANSWER, "www.test", ns_t_aaaa);
	g_assert_cmpint(judge(&packet, &query), ==, DNS_STRAY);
	dns_packet_begin(&packet, ID, DNS_PACKET_QUERY, "www.test", ns_t_a);
	g_assert_cmpint(judge(&packet, &query), ==, DNS_STRAY);
	packet.size = 3;
	g_assert_cmpint(judge(&packet, &query), ==, DNS_STRAY);
}

/* The names and addresses of an answer, with spaces. */
static char *tell(const struct dns_packet *packet, const struct dns_query *query)
{
	GString *text = g_string_new(NULL);
	struct dns_answer answer;

	dns_answer_init(&answer, query, packet->data, packet->size);
	for (guint i = 0; i < answer.names->len; i++)
		g_string_append_printf(text, "%s ", (char *)g_ptr_array_index(answer.names, i));
	for (guint i = 0; i < answer.addresses->len; i++) {
		const struct dns_address *address =
			&g_array_index(answer.addresses, struct dns_address, i);
		char buffer[IP_ADDRESS_TEXT_SIZE];
		g_string_append_printf(text, "%s/%u ", ip_address_text(&address->address, buffer),
				       address->ttl_s);
	}
	dns_answer_done(&answer);
	g_string_truncate(text, text->len - 1);
	return g_string_free(text, FALSE);
}

static void test_answer(void)
{
	const struct dns_query query = query_for("www.test", ns_t_a);
	struct dns_packet packet;

	dns_packet_begin(&packet, ID, DNS_PACKET_ANSWER, "www.test", ns_t_a);
	/* The order of aliases is nobody's promise. */
	dns_packet_address(&packet, "C.test", 300, "192.0.2.3");
	dns_packet_alias(&packet, "b.test", 20, "c.test");
	dns_packet_alias(&packet, "WWW.test", 100, "B.test");
	dns_packet_address(&packet, "c.test", 10, "192.0.2.4");
	dns_packet_address(&packet, "other.test", 10, "192.0.2.5");
	g_autofree char *aliases = tell(&packet, &query);
	g_assert_cmpstr(aliases, ==, "www.test b.test c.test 192.0.2.3/20 192.0.2.4/10");

	dns_packet_begin(&packet, ID, DNS_PACKET_ANSWER, "www.test", ns_t_a);
	dns_packet_alias(&packet, "www.test", 100, "b.test");
	dns_packet_alias(&packet, "b.test", 100, "www.test");
	dns_packet_record(&packet, "www.test", ns_t_a, 60, "four5", 5);
	g_autofree char *circle = tell(&packet, &query);
	g_assert_cmpstr(circle, ==, "www.test b.test");

	dns_packet_begin(&packet, ID, DNS_PACKET_ANSWER, "www.test", ns_t_a);
	dns_packet_address(&packet, "www.test", 10, "192.0.2.4");
	packet.size--;
	g_autofree char *cut = tell(&packet, &query);
	g_assert_cmpstr(cut, ==, "www.test");
}

static void test_replies(void)
{
	struct ip_address addresses[2 + DNS_REPLY_ADDRESSES_MAX];
	struct dns_packet question, reply;
	struct dns_query query;

	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
		g_autofree char *text = g_strdup_printf("2001:db8::%zu", i + 1);
		g_assert_true(ip_address_parse(text, &addresses[i], NULL));
	}
	g_assert_true(ip_address_parse("192.0.2.1", &addresses[0], NULL));
	dns_packet_begin(&question, ID, DNS_PACKET_QUERY, "db.internal", ns_t_a);
	g_assert_cmpint(read_query(&question, &query), ==, ns_r_noerror);
	reply.size = dns_reply_addresses(question.data, &query, addresses, G_N_ELEMENTS(addresses),
					 reply.data);
	g_assert_cmpint(judge(&reply, &query), ==, DNS_ANSWER);
	g_autofree char *v4 = tell(&reply, &query);
	g_assert_cmpstr(v4, ==, "db.internal 192.0.2.1/60");
	/* The most that there can be, with the longest name, still fits. */
	char *label = g_strnfill(63, 'x');
	g_autofree char *name = g_strdup_printf("%s.%s.%s.%.61s", label, label, label, label);
	g_free(label);
	dns_packet_begin(&question, ID, DNS_PACKET_QUERY, name, ns_t_aaaa);
	dns_packet_edns(&question, 4096);
	g_assert_cmpint(read_query(&question, &query), ==, ns_r_noerror);
	g_autofree uint8_t *exact = g_malloc(DNS_REPLY_SIZE);
	reply.size = dns_reply_addresses(question.data, &query, addresses, G_N_ELEMENTS(addresses),
					 exact);
	memcpy(reply.data, exact, reply.size);
	g_assert_cmpint(judge(&reply, &query), ==, DNS_ANSWER);
	struct dns_answer answer;
	dns_answer_init(&answer, &query, reply.data, reply.size);
	g_assert_cmpuint(answer.addresses->len, ==, DNS_REPLY_ADDRESSES_MAX);
	dns_answer_done(&answer);
	reply.size = dns_reply_code(question.data, &query, ns_r_refused, reply.data);
	g_assert_cmpint(judge(&reply, &query), ==, DNS_FAILURE);
	g_assert_false(dns_answer_is_truncated(reply.data, reply.size));
	reply.size = dns_reply_truncated(question.data, &query, reply.data);
	g_assert_cmpint(judge(&reply, &query), ==, DNS_ANSWER);
	g_assert_true(dns_answer_is_truncated(reply.data, reply.size));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dns_message/query", test_query);
	g_test_add_func("/dns_message/queries-refused", test_queries_refused);
	g_test_add_func("/dns_message/judge", test_judge);
	g_test_add_func("/dns_message/stray", test_stray);
	g_test_add_func("/dns_message/answer", test_answer);
	g_test_add_func("/dns_message/replies", test_replies);
	return g_test_run();
}
