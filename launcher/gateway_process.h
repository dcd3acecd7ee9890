/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_process - M, the process between launcher and container on a gateway link */
#pragma once

#include <glib.h>

#include "launcher/container.h"

/*
 * What M runs, from its clone to its end: waits for its id maps, clones C as the launcher's child,
 * writes C's maps, builds the gateway and serves as the namespace agent. socket is M's end of its
 * pair with the launcher, child_socket C's. The order is in launcher/container.h.
 */
void gateway_process_run(const struct container_options *options, int socket,
			 int child_socket) G_GNUC_NORETURN;
