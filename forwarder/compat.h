/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compat - the programs that netns-forwarder can stand in for */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Called by the name of another network helper (slirp4netns), or with --compat=NAME as its first
 * argument, netns-forwarder becomes the front-end that takes that helper's command line: then this
 * returns only on error. True if there is nothing to stand in for.
 */
bool compat_execute(int argc, char **argv, GError **error);
