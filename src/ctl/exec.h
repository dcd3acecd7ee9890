/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec - netns-ctl NAME exec: a command in a running container */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"
#include "src/json.h"

/*
 * How it works
 *
 * The launcher has the command started inside. Without --tty the command gets our standard streams
 * themselves, so nothing is copied; signals that end or tell something are passed on. With --tty
 * the launcher answers with the master of the command's terminal, and tty_relay.h moves the bytes;
 * when we go, the master is closed and the command gets its hangup.
 */

/*
 * Runs the command and waits for its end. Returns the exit status: the command's, 128+N if signal N
 * ended it, 137 with error set if the container ended meanwhile, 126 or 127 with error set when it
 * could not be started, 125 with error set for every other failure.
 */
int exec_run(const struct ctl_request *request, GError **error);

/*
 * The request's "arguments" for the launcher, which the caller owns; environment is the caller's
 * own, NULL-terminated, for --env without a value and for TERM. NULL on error: EILSEQ for what is
 * not UTF-8, which JSON cannot hold.
 */
JsonObject *exec_arguments(const struct ctl_request *request, char **environment, GError **error);
