/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_slirp4netns - command lines of netns-slirp4netns; it complains to standard error */
#include <getopt.h>

#include <glib.h>

#include "plugins/slirp4netns/options.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/words.h"

static void check(const struct slirp_options *options)
{
	const struct link_config *link = &options->link;
	bool has_name = options->netns_type == NETNS_PID || options->netns_type == NETNS_PATH;

	g_assert(options->target && (options->tap_name || !has_name));
	g_assert(options->netns_type != NETNS_PID || options->target_number > 0);
	g_assert(options->netns_type != NETNS_TAPFD || options->target_number >= 0);
	g_assert(!options->has_mac || options->configure);
	g_assert(link->mtu >= LINK_MTU_MIN && link->mtu <= LINK_MTU_MAX);
	g_assert(link->v4.enabled && ip_prefix_contains(&link->v4.prefix, &link->v4.command));
	g_assert(ip_prefix_contains(&link->v4.prefix, &link->v4.dhcp));
	g_assert(!link->v6.enabled || ip_prefix_contains(&link->v6.prefix, &link->v6.command));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slirp_options options;
	struct words words;

	if (!words_init(&words, "slirp4netns", data, size))
		return 0;
	optind = 0; /* all of getopt_long(3) begins anew */
	if (slirp_options_parse(&options, words.argc, words.argv) == SLIRP_PARSED &&
	    !options.help && !options.version)
		check(&options);
	words_done(&words);
	return 0;
}
