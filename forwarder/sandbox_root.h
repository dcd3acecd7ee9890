/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_root - an empty root, in user and mount namespaces of its own */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Moves the process, which must have one thread, into new user, mount, IPC and UTS namespaces
 * (namespaces(7)), with its ids as they are, into a root that has nothing but /proc, read-only. It
 * has all capabilities over these namespaces then, and none elsewhere.
 *
 * False where the system does not allow it; what is called afterwards is in the old namespaces if
 * *ret_entered is false. An id that could not be mapped is no such case: then the process must not
 * go on, as it would take strangers for its owner (src/peer.h).
 */
bool sandbox_root_enter(bool *ret_entered, GError **error);
