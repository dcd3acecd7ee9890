/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_pasta - command lines of netns-pasta; it complains to standard error */
#include <getopt.h>

#include <glib.h>

#include "plugins/pasta/options.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/words.h"

static void check_family(const struct pasta_family *family, sa_family_t kind)
{
	const struct ip_address *addresses[] = {
		&family->address,	 &family->gateway,  &family->outbound,
		&family->dns_forward,	 &family->dns_host, &family->map_host_loopback,
		&family->map_guest_addr,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++)
		g_assert(addresses[i]->family == kind || addresses[i]->family == AF_UNSPEC);
	g_assert(family->length <= (kind == AF_INET ? 32 : 128));
}

static void check(const struct pasta_options *options)
{
	check_family(&options->v4, AF_INET);
	check_family(&options->v6, AF_INET6);
	g_assert(!options->v4.is_off || !options->v6.is_off);
	g_assert(!options->netns != !options->command);
	g_assert(!options->mtu || (options->mtu >= LINK_MTU_MIN && options->mtu <= LINK_MTU_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pasta_options options;
	struct words words;

	if (!words_init(&words, "pasta", data, size))
		return 0;
	optind = 0; /* all of getopt_long(3) begins anew */
	if (pasta_options_parse(&options, words.argc, words.argv) == PASTA_PARSED &&
	    !options.help && !options.version)
		check(&options);
	pasta_options_done(&options);
	words_done(&words);
	return 0;
}
