/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_environment - files of --env-file; what is accepted can be given to execve(2) */
#include <string.h>

#include <glib.h>

#include "launcher/environment.h"
#include "src/failure.h"
#include "tests/fuzz/fuzz.h"

static void check_entries(const GPtrArray *entries)
{
	for (unsigned i = 0; i < entries->len; i++) {
		const char *entry = g_ptr_array_index(entries, i);
		const char *equals = strchr(entry, '=');
		g_assert(equals && equals > entry);
		g_assert(!strpbrk(entry, "\n") && strlen(entry) <= ENVIRONMENT_VARIABLE_MAX);
	}
}

static void check_environment(const GPtrArray *entries)
{
	static char *const caller[] = {NULL};
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	const struct environment_plan plan = {
		.caller = caller, .files = entries, .variables = none};
	g_auto(GStrv) environment = environment_make(&plan);

	g_assert(g_strv_length(environment) <= entries->len + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;

	if (environment_add_text(entries, "file", (const char *)data, size, &error)) {
		check_entries(entries);
		check_environment(entries);
		return 0;
	}
	g_assert(error && error->domain == FAILURE && entries->len == 0);
	return 0;
}
