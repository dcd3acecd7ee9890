/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transfer - streams of known size and content: do they arrive, and do they ever pause */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "tests/bench/netbench.h"

/*
 * One connection for each of options->sizes, one after the other, in the direction of
 * options->down. Prints {"test":"sweep","transfers":[...]} with one object per size:
 * {"bytes":N,"pause_ms":P,"seconds":S,"intact":B}, as the receiver saw it, or
 * {"bytes":N,"error":"..."}. Fails only when sizes cannot be parsed.
 */
bool transfer_sweep(const struct netbench_options *options, GError **error);
