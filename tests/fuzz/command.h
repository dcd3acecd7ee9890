/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command - what frames of a fuzz target have right, as those of a real command have */
#pragma once

#include <stdint.h>

#include "forwarder/frame.h"

/*
 * How it works
 *
 * A fuzz target's input is a row of frames, each after two bytes: flags in four bits and its size
 * in twelve. As a stack drops what has a wrong checksum, and what acknowledges nothing that it has
 * sent, flags ask for these to be made right.
 */
#define COMMAND_CHECKSUM    1
#define COMMAND_ACKNOWLEDGE 2
#define COMMAND_FRAME_MAX   2048

struct command {
	uint32_t acknowledgement; /* of what it has got last */
};

/* A frame for it: must be well made, whatever came in. */
void command_take(struct command *command, const void *data, size_t size);

/* Makes right in data, which frame is parsed from, what flags ask for. */
void command_correct(const struct command *command, const struct frame *frame, uint8_t *data,
		     unsigned flags);
