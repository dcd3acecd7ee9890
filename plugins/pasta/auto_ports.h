/* SPDX-License-Identifier: GPL-2.0-or-later */
/* auto_ports - publishes what is listened at in the namespace, as it comes and goes */
#pragma once

#include <glib.h>

#include "plugins/netns.h"
#include "plugins/pasta/options.h"
#include "plugins/session.h"

/*
 * How it works
 *
 * The kernel tells nobody when a port is bound, so its tables of sockets are read once a second, by
 * descriptors that a short-lived child has opened in the namespace (proc(5)). What is new there is
 * published by the forwarder's control socket, at the same port of the host, if that is free; what
 * has gone is taken back. Not published are ports that are bound to the namespace's loopback alone,
 * which nobody outside can reach, and those that the kernel gives to clients.
 */
struct auto_ports;

/*
 * For the protocols whose mode is PORT_MODE_AUTO, or unset: that is pasta's default. It works from
 * the default main context. The session, started and with a state directory, must outlive it. NULL
 * on error.
 */
struct auto_ports *auto_ports_new(const struct pasta_options *options, const struct netns *target,
				  struct session *session, GError **error);
/* Leaves what is published. Accepts NULL. */
void auto_ports_free(struct auto_ports *ports);
