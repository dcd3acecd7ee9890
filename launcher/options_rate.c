/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_rate - the part of the command line that is about bandwidth */
#include "launcher/options_rate.h"

#include <errno.h>

#include "src/failure.h"
#include "src/option_bytes.h"

/* Bits per second at which a frame of 64 KiB takes 2.6 ms. */
#define RATE_OF_LARGE_FRAMES 200000000
#define ETHERNET_MTU	     1500

static gboolean take_rate(struct rate_options *options, enum rate_direction direction,
			  const char *name, const char *value, GError **error)
{
	if (!rate_parse(value, &options->rates.of[direction], error)) {
		g_prefix_error(error, "%s: ", name);
		return FALSE;
	}
	options->given = direction == RATE_IN ? "--rate-in" : "--rate-out";
	return TRUE;
}

static gboolean on_rate_in(const char *name, const char *value, gpointer data, GError **error)
{
	return take_rate(data, RATE_IN, name, value, error);
}

static gboolean on_rate_out(const char *name, const char *value, gpointer data, GError **error)
{
	return take_rate(data, RATE_OUT, name, value, error);
}

GOptionGroup *rate_options_group(struct rate_options *options)
{
#define CALLBACK(function) G_OPTION_ARG_CALLBACK, (void *)(function)
	const GOptionEntry entries[] = {
		{"rate-in", 0, 0, CALLBACK(on_rate_in),
		 "Let no more than this come in: bits per second, as 100mbit or 1.5gbit", "RATE"},
		{"rate-out", 0, 0, CALLBACK(on_rate_out), "Let no more than this go out", "RATE"},
		{0},
	};
#undef CALLBACK
	GOptionGroup *group =
		g_option_group_new("rate",
				   "Bandwidth (RATE is a number and kbit, mbit, gbit; see "
				   "netns-run(1)):",
				   "Show the options for bandwidth", options, NULL);

	option_bytes_add(group, entries);
	return group;
}

bool rate_options_check(const struct rate_options *options, const struct network_options *network,
			GError **error)
{
	if (!options->given || network->mode == NETWORK_USER)
		return true;
	failure_set(error, EINVAL, "leave one of them out", "%s has no meaning with --net=%s",
		    options->given, network_mode_name(network->mode));
	return false;
}

void rate_options_apply(const struct rate_options *options, struct link_config *link)
{
	for (int i = 0; i < RATE_N_DIRECTIONS && link->mtu == 0; i++) {
		uint64_t bits = options->rates.of[i].bits;

		if (bits && bits < RATE_OF_LARGE_FRAMES)
			link->mtu = ETHERNET_MTU;
	}
}
