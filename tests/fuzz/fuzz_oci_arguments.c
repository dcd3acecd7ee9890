/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_oci_arguments - command lines of netns-oci-hook */
#include <glib.h>

#include "plugins/oci/options.h"
#include "src/failure.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	struct oci_options options;
	struct words words;

	if (!words_init(&words, "netns-oci-hook", data, size))
		return 0;
	oci_options_init(&options);
	if (oci_options_take_arguments(&options, words.argv, &error)) {
		if (!options.help && !options.version && !oci_options_check(&options, &error))
			words_check_refusal(error);
	} else {
		words_check_refusal(error);
	}
	oci_options_done(&options);
	words_done(&words);
	return 0;
}
