/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_lesson - what our own name service would tell the rules of egress */
#include "tests/unit/egress_lesson.h"

void egress_lesson(struct egress *egress, const char *names, const char *address, uint32_t ttl)
{
	g_auto(GStrv) words = g_strsplit(names, " ", -1);
	struct egress_answer answer = {
		.names = (const char *const *)words,
		.n_names = g_strv_length(words),
		.ttl = ttl,
	};

	g_assert_true(ip_address_parse(address, &answer.address, NULL));
	egress_learn(egress, &answer);
}
