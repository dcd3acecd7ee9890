/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture - netns-ctl NAME capture: the packets of a running container as a pcap file */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/*
 * How it works
 *
 * The container makes a packet socket (the launcher's verb `packet-socket`) and hands it out. The
 * filter is attached before the socket is bound, so nothing of before comes through. It ends by a
 * limit of the options, by SIGINT, SIGTERM or SIGHUP, with the container, with its interface, or
 * when the reader of its output has gone; the file is whole in any case. Standard error tells the
 * beginning, and in the end how many packets there were, and how many too many for the kernel.
 */

/*
 * Captures until the end. False on error: what cannot be captured from, or written to. A file is
 * made, or emptied, only when the capture can begin.
 */
bool capture_run(const struct ctl_request *request, GError **error);
