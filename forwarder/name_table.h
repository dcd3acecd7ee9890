/* SPDX-License-Identifier: GPL-2.0-or-later */
/* name_table - which name the command last resolved to an address */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "forwarder/frame.h"
#include "src/address.h"

/*
 * Learns from the answers of name servers that pass by. They are foreign input: what is no answer
 * (RFC 1035) teaches nothing. A name is kept beyond its TTL, as connections are; of more than
 * NAME_TABLE_MAX addresses those are forgotten that were learnt longest ago.
 */
struct name_table;

#define NAME_TABLE_MAX 4096

struct name_table *name_table_new(void);
void name_table_free(struct name_table *table);

/*
 * Learns from one DNS message: each address (A, AAAA) of an answer without error gets the name of
 * the question, wherever aliases (CNAME) led.
 */
void name_table_learn(struct name_table *table, const uint8_t *message, size_t size);

/* Learns one address from somebody who knows. name is as name_table_find() has it. */
void name_table_note(struct name_table *table, const struct ip_address *address, const char *name);

/* The same as name_table_learn() from a frame with a datagram, if that comes from where name
 * servers are. */
void name_table_learn_from_frame(struct name_table *table, const struct frame *frame);

/*
 * The name of an address, or NULL: printable ASCII in lower case, without a dot at its end, other
 * characters as RFC 1035 5.1 escapes them. Valid until the next call of name_table_learn().
 */
const char *name_table_find(const struct name_table *table, const struct ip_address *address);

/* How many addresses have a name. */
unsigned name_table_size(const struct name_table *table);
