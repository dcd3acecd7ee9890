/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows - many short UDP exchanges, each from a port of its own, as resolvers do */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "tests/bench/netbench.h"

/*
 * Begins options->rate exchanges a second for options->seconds: a datagram from a port that was not
 * used for a while, and its answer. Prints
 * {"test":"flows","rate":R,"sent":N,"answered":N,"seconds":S}.
 */
bool flows_run(const struct netbench_options *options, GError **error);
