/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server - the other end of every test of netbench */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "tests/bench/netbench.h"

/*
 * Serves all verbs of enum netbench_verb on one TCP port, and counts the datagrams that arrive on
 * the UDP port of the same number. Prints {"ready":true,"port":N} once it listens. Returns after
 * options->seconds, false on an error of its own.
 */
bool server_run(const struct netbench_options *options, GError **error);
