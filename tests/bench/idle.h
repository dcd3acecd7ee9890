/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idle - connections that are opened, proven to work, and held */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "tests/bench/netbench.h"

/*
 * Opens options->connections connections, one after the other, each with an exchange of one byte.
 * Prints {"test":"idle","ready":true,"connections":N} and holds them until standard input ends, at
 * most options->seconds.
 */
bool idle_run(const struct netbench_options *options, GError **error);
