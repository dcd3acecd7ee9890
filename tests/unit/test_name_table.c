/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_name_table - what is learnt from answers of name servers, and what is not */
#include <arpa/nameser.h>
#include <string.h>

#include "forwarder/name_table.h"

/* A DNS message in the making (RFC 1035 4.1). */
struct message {
	uint8_t data[2048];
	size_t size;
};

static void put(struct message *message, const void *data, size_t size)
{
	g_assert_cmpuint(message->size + size, <=, sizeof(message->data));
	memcpy(message->data + message->size, data, size);
	message->size += size;
}

static void put16(struct message *message, unsigned value)
{
	const uint8_t bytes[] = {value >> 8, value & 0xff};

	put(message, bytes, sizeof(bytes));
}

static void put_name(struct message *message, const char *name)
{
	g_auto(GStrv) labels = g_strsplit(name, ".", -1);

	for (char **label = labels; *label; label++) {
		uint8_t size = (uint8_t)strlen(*label);
		put(message, &size, 1);
		put(message, *label, size);
	}
	put(message, "", 1);
}

static void begin(struct message *message, const char *question, unsigned flags, unsigned answers)
{
	message->size = 0;
	put16(message, 0x1234);
	put16(message, flags);
	put16(message, 1);
	put16(message, answers);
	put16(message, 0);
	put16(message, 0);
	put_name(message, question);
	put16(message, ns_t_a);
	put16(message, ns_c_in);
}

/* A record of the question's own name, which is compressed. */
static void put_record(struct message *message, unsigned type, const void *data, unsigned size)
{
	put16(message, 0xc00c);
	put16(message, type);
	put16(message, ns_c_in);
	put16(message, 0);
	put16(message, 60);
	put16(message, size);
	put(message, data, size);
}

static void put_address(struct message *message, const char *text)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	put_record(message, address.family == AF_INET ? ns_t_a : ns_t_aaaa, address.bytes,
		   ip_address_bits(&address) / 8);
}

#define ANSWER 0x8180

/* Copied, so that ASan sees every byte that is read too far. */
static void learn(struct name_table *table, const struct message *message, size_t size)
{
	g_autofree uint8_t *exact = g_memdup2(message->data, MAX(size, 1));

	name_table_learn(table, exact, size);
}

static void learn_answer(struct name_table *table, const char *name, const char *address)
{
	struct message message;

	begin(&message, name, ANSWER, 1);
	put_address(&message, address);
	learn(table, &message, message.size);
}

static const char *find(const struct name_table *table, const char *text)
{
	struct ip_address address;

	g_assert_true(ip_address_parse(text, &address, NULL));
	return name_table_find(table, &address);
}

static void test_answers(void)
{
	struct name_table *table = name_table_new();
	struct message message;

	begin(&message, "WWW.exAmple.org", ANSWER, 4);
	/* www.example.org is an alias: of what, the reader of the list does not care. */
	put_record(&message, ns_t_cname, "\1a\3net", 7);
	put_address(&message, "192.0.2.1");
	put_address(&message, "192.0.2.2");
	put_address(&message, "2001:db8::1");
	learn(table, &message, message.size);
	g_assert_cmpstr(find(table, "192.0.2.1"), ==, "www.example.org");
	g_assert_cmpstr(find(table, "192.0.2.2"), ==, "www.example.org");
	g_assert_cmpstr(find(table, "2001:db8::1"), ==, "www.example.org");
	g_assert_null(find(table, "192.0.2.3"));
	g_assert_cmpuint(name_table_size(table), ==, 3);

	learn_answer(table, "other.example", "192.0.2.1");
	g_assert_cmpstr(find(table, "192.0.2.1"), ==, "other.example");
	g_assert_cmpstr(find(table, "192.0.2.2"), ==, "www.example.org");
	g_assert_cmpuint(name_table_size(table), ==, 3);
	name_table_free(table);
	name_table_free(NULL);
}

static void test_no_answers(void)
{
	static const unsigned flags[] = {0x0100 /* a question */, ANSWER | ns_r_nxdomain};
	struct name_table *table = name_table_new();
	struct message message;

	for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
		begin(&message, "example.org", flags[i], 1);
		put_address(&message, "192.0.2.1");
		learn(table, &message, message.size);
	}
	/* An address of three bytes. */
	begin(&message, "example.org", ANSWER, 1);
	put_record(&message, ns_t_a, "\300\0\2", 3);
	learn(table, &message, message.size);
	g_assert_cmpuint(name_table_size(table), ==, 0);
	name_table_free(table);
}

/* No prefix of a message is read beyond its end, and none teaches more than the whole. */
static void test_cut_off(void)
{
	struct name_table *table = name_table_new();
	struct message message;

	begin(&message, "example.org", ANSWER, 1);
	put_address(&message, "192.0.2.1");
	for (size_t size = 0; size < message.size; size++)
		learn(table, &message, size);
	g_assert_cmpuint(name_table_size(table), ==, 0);
	learn(table, &message, message.size);
	g_assert_cmpuint(name_table_size(table), ==, 1);
	name_table_free(table);
}

/* A name is foreign input that ends on a terminal. */
static void test_escapes(void)
{
	struct name_table *table = name_table_new();

	learn_answer(table, "a\033[2Jb\n.\377", "192.0.2.1");
	g_assert_cmpstr(find(table, "192.0.2.1"), ==, "a\\027[2jb\\010.\\255");
	name_table_free(table);
}

static void test_bound(void)
{
	struct name_table *table = name_table_new();

	for (unsigned i = 0; i < NAME_TABLE_MAX + 10; i++) {
		g_autofree char *address = g_strdup_printf("10.0.%u.%u", i / 256, i % 256);
		learn_answer(table, "example.org", address);
		/* What is learnt again counts as new. */
		learn_answer(table, "kept.example", "10.0.0.0");
	}
	g_assert_cmpuint(name_table_size(table), ==, NAME_TABLE_MAX);
	g_assert_null(find(table, "10.0.0.5"));
	g_assert_cmpstr(find(table, "10.0.0.0"), ==, "kept.example");
	g_assert_cmpstr(find(table, "10.0.16.9"), ==, "example.org");
	name_table_free(table);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/name_table/answers", test_answers);
	g_test_add_func("/name_table/no-answers", test_no_answers);
	g_test_add_func("/name_table/cut-off", test_cut_off);
	g_test_add_func("/name_table/escapes", test_escapes);
	g_test_add_func("/name_table/bound", test_bound);
	return g_test_run();
}
