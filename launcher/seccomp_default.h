/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seccomp_default - the system calls that a command may make when nothing else is said */
#pragma once

#include "src/seccomp_profile.h"

/*
 * Initialises *ret_profile with the default for processes whose bounding set is capabilities (one
 * bit each, by number). A call that the list does not know fails with ENOSYS, as on an older
 * kernel, so that programs take their other way. A call that is known and not for the command
 * fails with EPERM, unless it has the capability that the call is for.
 *
 * Sockets are of the families that a network namespace contains. socketcall: 32-bit programs may
 * make them by socketcall(2), too, where the family is in memory and cannot be looked at.
 */
void seccomp_default_init(struct seccomp_profile *ret_profile, uint64_t capabilities,
			  bool socketcall);
