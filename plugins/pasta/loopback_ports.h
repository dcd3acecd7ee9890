/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loopback_ports - TCP ports of the namespace's loopback that lead to the host's */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "plugins/netns.h"
#include "plugins/pasta/port_spec.h"
#include "src/sandbox_mode.h"

/*
 * How it works
 *
 * No link leads there, so a process of its own listens at 127.0.0.1 and ::1 inside, by sockets that
 * a child of it has made in the namespace, and connects each client to the same loopback address of
 * the host. It copies with splice(2), two threads for a connection, and ends with the calling
 * process.
 *
 * With PORT_MODE_AUTO it looks once a second at which ports something listens on the host's
 * loopback, and follows. A port that is taken inside is the namespace's own, and is left alone, as
 * are those that are published from the start: what is to be reached there listens inside.
 *
 * Trust: what comes from inside are bytes, and the ports that the caller has named, or with
 * PORT_MODE_AUTO all of the host's loopback, are all that they reach. It gains no privilege, sees
 * no files but /proc, signals nobody (Linux 6.12), and fails at what lock_down_deputy() takes.
 */

/* Most ports that may be asked for, or are followed at a time. */
#define LOOPBACK_PORTS_MAX 100

/*
 * Starts it for a spec of PORT_MODE_SPECIFIC, as rules from ports inside to ports of the host, or
 * of PORT_MODE_AUTO; it is a child of the caller's. Others need no process: then it does nothing.
 * published are the TCP ports of the host that lead inside. The loopback of the namespace must be
 * up.
 */
bool loopback_ports_start(const struct port_spec *spec, const struct port_spec *published,
			  enum sandbox_mode sandbox, const struct netns *target, GError **error);
