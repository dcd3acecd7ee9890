/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory_file - what forwarders leave to those that come after them */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* What is not written takes no memory. */
#define MEMORY_FILE_SIZE (16 * 1024 * 1024)

/*
 * A new one: empty, and of that size for ever (memfd_create(2), sealed), so that none of its users
 * can take it away from under another's mapping. What is in it is between forwarders: see
 * forwarder/memory.h. The descriptor is the caller's.
 */
bool memory_file_new(int *ret_fd, GError **error);
