/* SPDX-License-Identifier: GPL-2.0-or-later */
/* descriptor_limit - how many descriptors the calling process may have (RLIMIT_NOFILE) */
#pragma once

#include <sys/resource.h>

/*
 * Raises the soft limit to the hard one; the usual 1024 is meant for select(2). *ret_before is what
 * to give back to processes that execute what is not ours: see descriptor_limit_restore(). May be
 * NULL.
 */
void descriptor_limit_raise(struct rlimit *ret_before);

/* Sets the soft limit that was before; {0} is ignored. */
void descriptor_limit_restore(const struct rlimit *before);
