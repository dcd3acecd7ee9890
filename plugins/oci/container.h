/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container - the network of one container of an OCI runtime */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "plugins/oci/options.h"
#include "plugins/oci/state.h"

/*
 * Makes the container's network, by a helper that serves it until the container's process has gone
 * or poststop tells to end. Returns when the network is ready, or waits for createContainer
 * (plugins/oci/join.h).
 */
bool container_start(const struct oci_state *state, const struct oci_options *options,
		     GError **error);

/*
 * The container has stopped: waits until its network has gone. No network is no error. EBUSY if the
 * process that the network is for lives: then it is another container's, with the same id, and
 * stays.
 */
bool container_end(const struct oci_state *state, GError **error);
