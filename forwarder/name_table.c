/* SPDX-License-Identifier: GPL-2.0-or-later */
/* name_table - which name the command last resolved to an address */
#include "forwarder/name_table.h"

#include <arpa/nameser.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

/*
 * How it works
 *
 * The C library's own parser (ns_initparse(), ns_parserr()) reads the messages: it is the one that
 * getaddrinfo() trusts, checks every length, and its names come out escaped. Entries are in a hash
 * table by address and in a queue in the order in which they were learnt.
 */

struct entry {
	struct ip_address address; /* first: is the key */
	char *name;		   /* a GRefString: all addresses of an answer share it */
	GList link;
};

struct name_table {
	GHashTable *entries; /* set of struct entry, by address */
	GQueue queue;	     /* learnt longest ago first */
};

static void entry_free(gpointer data)
{
	struct entry *entry = data;

	g_ref_string_release(entry->name);
	g_free(entry);
}

struct name_table *name_table_new(void)
{
	struct name_table *table = g_new0(struct name_table, 1);

	table->entries =
		g_hash_table_new_full(ip_address_hash, ip_address_equal_key, NULL, entry_free);
	return table;
}

void name_table_free(struct name_table *table)
{
	if (!table)
		return;
	g_hash_table_unref(table->entries);
	g_free(table);
}

static void forget_oldest(struct name_table *table)
{
	GList *link = g_queue_pop_head_link(&table->queue);

	g_hash_table_remove(table->entries, link->data);
}

static void learn_address(struct name_table *table, const struct ip_address *address, char *name)
{
	struct entry *entry = g_hash_table_lookup(table->entries, address);

	if (entry) {
		g_ref_string_acquire(name);
		g_ref_string_release(entry->name);
		entry->name = name;
		g_queue_unlink(&table->queue, &entry->link);
		g_queue_push_tail_link(&table->queue, &entry->link);
		return;
	}
	if (table->queue.length >= NAME_TABLE_MAX)
		forget_oldest(table);
	entry = g_new0(struct entry, 1);
	entry->address = *address;
	entry->name = g_ref_string_acquire(name);
	entry->link.data = entry;
	g_queue_push_tail_link(&table->queue, &entry->link);
	g_hash_table_add(table->entries, entry);
}

void name_table_note(struct name_table *table, const struct ip_address *address, const char *name)
{
	char *counted = g_ref_string_new(name);

	learn_address(table, address, counted);
	g_ref_string_release(counted);
}

static bool read_address(const ns_rr *record, struct ip_address *ret_address)
{
	struct ip_address address = {0};

	if (ns_rr_class(*record) != ns_c_in)
		return false;
	if (ns_rr_type(*record) == ns_t_a && ns_rr_rdlen(*record) == sizeof(address.v4))
		address.family = AF_INET;
	else if (ns_rr_type(*record) == ns_t_aaaa && ns_rr_rdlen(*record) == sizeof(address.v6))
		address.family = AF_INET6;
	else
		return false;
	memcpy(address.bytes, ns_rr_rdata(*record), ns_rr_rdlen(*record));
	*ret_address = address;
	return true;
}

/* The name that was asked for, in lower case: some resolvers mix cases at random. Or NULL. */
static char *read_question(ns_msg *message)
{
	ns_rr question;

	if (ns_msg_getflag(*message, ns_f_qr) != 1 ||
	    ns_msg_getflag(*message, ns_f_rcode) != ns_r_noerror ||
	    ns_msg_count(*message, ns_s_qd) != 1 ||
	    ns_parserr(message, ns_s_qd, 0, &question) < 0 || !*ns_rr_name(question))
		return NULL;
	g_autofree char *name = g_ascii_strdown(ns_rr_name(question), -1);
	return g_ref_string_new(name);
}

void name_table_learn(struct name_table *table, const uint8_t *data, size_t size)
{
	ns_msg message;

	if (size > INT_MAX || ns_initparse(data, (int)size, &message) < 0)
		return;
	char *name = read_question(&message);
	if (!name)
		return;
	for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
		struct ip_address address;
		ns_rr record;

		if (ns_parserr(&message, ns_s_an, i, &record) < 0)
			break;
		if (read_address(&record, &address))
			learn_address(table, &address, name);
	}
	g_ref_string_release(name);
}

void name_table_learn_from_frame(struct name_table *table, const struct frame *frame)
{
	if (frame->has_ports && frame->protocol == IPPROTO_UDP &&
	    frame->source_port == NS_DEFAULTPORT)
		name_table_learn(table, frame->data + frame->payload_offset,
				 frame->end - frame->payload_offset);
}

const char *name_table_find(const struct name_table *table, const struct ip_address *address)
{
	const struct entry *entry = g_hash_table_lookup(table->entries, address);

	return entry ? entry->name : NULL;
}

unsigned name_table_size(const struct name_table *table)
{
	return table->queue.length;
}
