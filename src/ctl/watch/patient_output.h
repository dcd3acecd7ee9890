/* SPDX-License-Identifier: GPL-2.0-or-later */
/* patient_output - a stream into a pipe whose reader may be slow, that a signal can still end */
#pragma once

#include <stdio.h>

/*
 * A stream to fd, which stays the caller's. It waits for a slow reader; but once stop_fd is
 * readable, and in the next second nothing can be written, writing fails with ECANCELED. The errno
 * value of its first failure is written to *error (0: none), after which it fails for good; error
 * must outlive the stream. NULL: out of memory.
 */
FILE *patient_output_open(int fd, int stop_fd, int *error);
