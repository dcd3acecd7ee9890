/* SPDX-License-Identifier: GPL-2.0-or-later */
/* descriptors - what the tests of passed file descriptors look at */
#pragma once

#include <stdbool.h>

/* Open descriptors of this process. */
unsigned descriptors_count(void);

/* True when both lead to the same file, and the second one is close-on-exec. */
bool descriptors_is_copy(int original, int copy);
