/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_netns_attach - command lines of netns-attach */
#include <string.h>

#include <glib.h>

#include "plugins/attach/options.h"
#include "src/failure.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/words.h"

static void check(const struct attach_options *options)
{
	g_assert((options->netns_fd >= 0) + (options->tap_fd >= 0) + (options->target != NULL) ==
		 1);
	g_assert(options->network.mode == NETWORK_USER);
	g_assert(options->control_fd < 0 || !options->name);
	g_assert(strlen(options->network.ifname) < IFNAMSIZ);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	struct attach_options options;
	struct words words;

	if (!words_init(&words, "netns-attach", data, size))
		return 0;
	if (!attach_options_parse(&options, words.argv, &error)) {
		words_check_refusal(error);
	} else {
		if (!options.help && !options.version)
			check(&options);
		attach_options_done(&options);
	}
	words_done(&words);
	return 0;
}
