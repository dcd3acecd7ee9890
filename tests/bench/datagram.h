/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datagram - how many datagrams a second arrive when nothing holds the sender back */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "tests/bench/netbench.h"

/*
 * Sends datagrams for options->seconds, then asks the server over TCP what arrived. The server must
 * be a new one, because it counts from its start. Prints
 * {"test":"udp","gbps":G,"sent":N,"received":N,"seconds":S}: payload as the receiver counted it.
 */
bool datagram_run(const struct netbench_options *options, GError **error);
