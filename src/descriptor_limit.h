/* SPDX-License-Identifier: GPL-2.0-or-later */
/* descriptor_limit - how many descriptors the calling process may have (RLIMIT_NOFILE) */
#pragma once

#include <stdbool.h>
#include <sys/resource.h>

/*
 * Raises the soft limit to the hard one; the usual 1024 is meant for select(2). *ret_before is what
 * to give back to processes that execute what is not ours: see descriptor_limit_restore(). May be
 * NULL.
 */
void descriptor_limit_raise(struct rlimit *ret_before);

/*
 * Keeps some descriptors, an eighth and 64 at most, back from everything but what the caller does
 * between true and false: a program that others can make open descriptors stays open to orders.
 */
void descriptor_limit_open_reserve(bool is_open);

/* Sets the soft limit that was before; {0} is ignored. */
void descriptor_limit_restore(const struct rlimit *before);
