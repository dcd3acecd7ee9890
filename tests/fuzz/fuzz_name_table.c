/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_name_table - any message of a name server, as learnt from */
#include <string.h>

#include <glib.h>

#include "forwarder/name_table.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct name_table *table = name_table_new();
	/* Addresses of an answer are anywhere in it: look some up that may be. */
	struct ip_address v4 = {.family = AF_INET}, v6 = {.family = AF_INET6};

	name_table_learn(table, data, size);
	for (size_t at = 0; at + 16 <= size; at++) {
		memcpy(v4.bytes, data + at, 4);
		memcpy(v6.bytes, data + at, 16);
		const char *names[] = {name_table_find(table, &v4), name_table_find(table, &v6)};
		for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
			for (const char *c = names[i]; c && *c; c++)
				g_assert(*c > ' ' && *c <= '~' && !g_ascii_isupper(*c));
	}
	name_table_free(table);
	return 0;
}
