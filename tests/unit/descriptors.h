/* SPDX-License-Identifier: GPL-2.0-or-later */
/* descriptors - what the tests of passed file descriptors look at */
#pragma once

#include <stdbool.h>

/* Open descriptors of this process. */
unsigned descriptors_count(void);

/* A pair of fdpass_socketpair(), one end to send and one to receive. */
struct descriptors_pair {
	int to, from;
	unsigned n_open; /* before the pair was made */
};

void descriptors_pair_init(struct descriptors_pair *pair);
/* Ends the test if any descriptor is open that was not before the pair. */
void descriptors_pair_done(struct descriptors_pair *pair);

/* True when both lead to the same file, and the second one is close-on-exec. */
bool descriptors_is_copy(int original, int copy);
