/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_rate - the part of the command line that is about bandwidth */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/options_network.h"
#include "src/link_config.h"
#include "src/rate.h"

struct rate_options {
	struct rates rates;
	const char *given; /* the option that was given last, or NULL */
};

/* All zeroes is no option. The group's callbacks fill options, which must outlive it. */
GOptionGroup *rate_options_group(struct rate_options *options);

/*
 * Where the MTU is open and one of the largest frames would take too long at this rate, it becomes
 * that of Ethernet.
 */
void rate_options_apply(const struct rate_options *options, struct link_config *link);

/* After parsing: a combination without sense is named with its cure. */
bool rate_options_check(const struct rate_options *options, const struct network_options *network,
			GError **error);
