/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container - the network of one container of an OCI runtime */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "plugins/background.h"
#include "plugins/oci/options.h"
#include "plugins/oci/state.h"

/*
 * In the helper: makes the container's network, tells the hook that waits for it what has become of
 * it, and serves it until the container's process has gone or poststop tells to end. False on
 * error, which is set; the hook is told of it when it still waits.
 */
bool container_serve(const struct oci_state *state, const struct oci_options *options,
		     struct background *background, GError **error);

/*
 * The container has stopped: waits until its network has gone. No network is no error. EBUSY if the
 * process that the network is for lives: then it is another container's, with the same id, and
 * stays.
 */
bool container_end(const struct oci_state *state, GError **error);
