/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap - reads and writes the frames of a TAP descriptor */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "src/json.h"

struct tap;

struct tap_stats {
	uint64_t frames_from_tap, bytes_from_tap;
	uint64_t frames_to_tap, bytes_to_tap;
	uint64_t drops_to_tap; /* frames that the kernel did not take */
};

typedef void (*tap_handler)(const uint8_t *frame, size_t size, void *opaque);

/*
 * Packets that come in fragments are put together first: libslirp 4.7.0 can be made to write to
 * wherever the command likes by a fragment, and policy judges a packet by ports that only the first
 * one has. Attaches a non-blocking TAP descriptor (IFF_TAP | IFF_NO_PI), which becomes the tap's,
 * to the thread-default main context: handler is called for each frame. mtu sizes the buffer.
 */
struct tap *tap_new(int fd, unsigned mtu, tap_handler handler, void *opaque);
void tap_free(struct tap *tap);

/* While paused, frames wait in the device; they can still be written. */
void tap_pause(struct tap *tap, bool is_paused);

/* Writes one frame; a frame that the kernel refuses is dropped and counted, as on a wire. */
void tap_write_frame(struct tap *tap, const void *frame, size_t size);

/* Valid as long as tap; counted since it was made. */
const struct tap_stats *tap_get_stats(const struct tap *tap);

/* Adds the counters to an object. */
void tap_describe(const struct tap *tap, JsonBuilder *builder);
