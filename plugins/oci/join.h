/* SPDX-License-Identifier: GPL-2.0-or-later */
/* join - gets at namespaces that the runtime hides, from within them (hook createContainer) */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "plugins/background.h"
#include "plugins/netns.h"
#include "plugins/oci/state.h"
#include "src/state_dir.h"

/*
 * How it works
 *
 * The process that rootless crun has made in the namespaces is not dumpable until it executes the
 * container's own: nobody on the host may open what /proc has of it (ptrace(2), "access mode
 * checking"). So createRuntime leaves the helper waiting. The hook createContainer runs within the
 * namespaces, where the host's files are still seen: it brings the helper descriptors of its own
 * namespaces, and waits until the network is ready.
 */

/* Whether the bundle has this program as hook createContainer, too. */
bool join_is_expected(const struct oci_state *state);

/*
 * In the helper: lets the hook createRuntime go, and waits at the directory's socket for the other,
 * which is *hook then (plugins/background.h). ESRCH: the container's process has ended before.
 */
bool join_await(const struct oci_state *state, struct state_dir *directory, struct background *hook,
		struct netns *ret_target, GError **error);

/*
 * In the hook createContainer: brings the namespaces to a helper that waits for them, and waits for
 * the network. Where createRuntime has made it already there is nothing to do.
 */
bool join_network(const struct oci_state *state, GError **error);
