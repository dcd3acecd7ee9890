/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox - takes from the forwarder what it does not need, in layers that need not each other */
#pragma once

#include <stdbool.h>

#include "src/sandbox_layers.h"

/*
 * How it works
 *
 * The process must have one thread; those that it starts later have what it has. In this order:
 *
 * 1. Standard output leads nowhere, standard error can only be written; no core dumps.
 * 2. *root*: an empty root in a user namespace of its own (sandbox_root.h).
 * 3. *privileges*: no capabilities and none to get, not dumpable (prctl(2)). Always.
 * 4. *landlock*: no file but /proc to read, and the state directory to remove (src/landlock.h).
 * 5. *seccomp*: no system call but those of a forwarder (sandbox_calls.h).
 */

/*
 * Enters the sandbox. Standard input must be the hand-over socket. state_fd is the directory that
 * the process may have to remove, or -1. False if it must not go on: with SANDBOX_REQUIRE when a
 * layer is missing, and when anything has run out. Afterwards sandbox_layers_done() is due in any
 * case.
 */
bool sandbox_enter(struct sandbox_layers *ret_layers, enum sandbox_mode mode, int state_fd,
		   GError **error);

/* One line on what is missing, or NULL. The caller frees. */
char *sandbox_note(const struct sandbox_layers *layers);
