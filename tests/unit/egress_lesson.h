/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_lesson - what our own name service would tell the rules of egress */
#pragma once

#include <stdint.h>

#include "forwarder/egress.h"

/*
 * An answer: names, the question's and its aliases with blanks between them, have that address for
 * ttl seconds.
 */
void egress_lesson(struct egress *egress, const char *names, const char *address, uint32_t ttl);
