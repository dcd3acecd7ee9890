/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exchange - how many one-byte requests a second get their answer */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "tests/bench/netbench.h"

/*
 * One byte there and one back over one TCP connection, one at a time, for options->seconds. Prints
 * {"test":"rr","rate":R,"seconds":S}, R in exchanges a second.
 */
bool exchange_rr(const struct netbench_options *options, GError **error);

/*
 * Connect, one byte there and one back, close (the server closes first), options->connections at a
 * time for options->seconds. Prints {"test":"crr","rate":R,"failed":N,"seconds":S}. Fails when no
 * connection at all succeeded.
 */
bool exchange_crr(const struct netbench_options *options, GError **error);
