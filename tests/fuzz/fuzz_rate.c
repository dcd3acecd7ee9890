/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_rate - rates as texts and in JSON; what is accepted survives the way there and back */
#include <string.h>

#include <glib.h>

#include "src/failure.h"
#include "src/rate.h"
#include "tests/fuzz/fuzz.h"

static void check_same(const struct rate *a, const struct rate *b)
{
	g_assert(a->bits == b->bits && a->burst == b->burst);
	g_assert(!a->bits || (a->bits >= RATE_MIN && a->bits <= RATE_MAX));
	g_assert(a->burst <= RATE_BURST_MAX);
}

static void check_text(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct rate rate, again;

	if (!rate_parse(text, &rate, &error)) {
		g_assert(error && error->domain == FAILURE && failure_cure(error));
		return;
	}
	g_autofree char *printed = rate_to_string(&rate);
	g_assert(rate_parse(printed, &again, NULL));
	check_same(&rate, &again);
}

static void check_json(const char *text)
{
	g_autoptr(JsonNode) node = strlen(text) < 4096 ? json_from_string(text, NULL) : NULL;
	struct rates rates, again;

	if (!node || !JSON_NODE_HOLDS_OBJECT(node) ||
	    !rates_read(json_node_get_object(node), &rates, NULL))
		return;
	g_autoptr(JsonBuilder) builder = json_builder_new();
	json_builder_begin_object(builder);
	rates_add(&rates, builder);
	json_builder_end_object(builder);
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	g_assert(rates_read(json_node_get_object(root), &again, NULL));
	for (int i = 0; i < RATE_N_DIRECTIONS; i++)
		check_same(&rates.of[i], &again.of[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	check_text(text);
	check_json(text);
	return 0;
}
