/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch_start - leaves the verbs that need large libraries to a program of its own */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/*
 * Becomes netns-watch (src/ctl/watch/main.c), with the same command line, for `capture` and `top`:
 * libpcap and ncurses would double the time that all others take to start. Returns only on failure.
 */
bool watch_start(const struct ctl_request *request, GError **error);
