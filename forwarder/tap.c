/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap - reads and writes the frames of a TAP descriptor */
#include "forwarder/tap.h"

#include <errno.h>
#include <net/ethernet.h>
#include <unistd.h>

#include <glib-unix.h>

#include "forwarder/fragments.h"
#include "src/json_add.h"

/*
 * Frames that one wake-up reads at most: enough to spread the cost of poll(2), few enough that
 * sockets and timers do not wait for long.
 */
#define TAP_BATCH 64

struct tap {
	int fd;
	GSource *source;
	tap_handler handler;
	void *opaque;
	struct fragments *fragments;
	struct tap_stats stats;
	size_t buffer_size;
	uint8_t buffer[];
};

static void take_frame(struct tap *tap, const uint8_t *data, size_t size)
{
	struct frame frame;

	frame_parse(&frame, data, size);
	if (frame.kind != FRAME_IP || !frame.is_fragment) {
		tap->handler(data, size, tap->opaque);
		return;
	}
	g_autofree uint8_t *whole = fragments_add_to_frame(tap->fragments, &frame, &size);
	if (whole)
		tap->handler(whole, size, tap->opaque);
}

static gboolean on_readable(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct tap *tap = data;

	for (unsigned i = 0; i < TAP_BATCH; i++) {
		ssize_t size = read(fd, tap->buffer, tap->buffer_size);
		/* EAGAIN: drained. EBADFD: the device is gone with its namespace; the launcher ends
		 * us. */
		if (size <= 0)
			return size < 0 && (errno == EAGAIN || errno == EINTR);
		tap->stats.frames_from_tap++;
		tap->stats.bytes_from_tap += (uint64_t)size;
		take_frame(tap, tap->buffer, (size_t)size);
	}
	return G_SOURCE_CONTINUE;
}

static void attach(struct tap *tap)
{
	tap->source = g_unix_fd_source_new(tap->fd, G_IO_IN);
	/* See watch_new(). */
	g_source_set_can_recurse(tap->source, TRUE);
	g_source_set_callback(tap->source, G_SOURCE_FUNC(on_readable), tap, NULL);
	g_source_attach(tap->source, NULL);
}

static void detach(struct tap *tap)
{
	if (!tap->source)
		return;
	g_source_destroy(tap->source);
	g_clear_pointer(&tap->source, g_source_unref);
}

struct tap *tap_new(int fd, unsigned mtu, tap_handler handler, void *opaque)
{
	/* A VLAN tag may make a frame 4 bytes longer than its MTU and header. */
	size_t buffer_size = mtu + ETHER_HDR_LEN + 4;
	struct tap *tap = g_malloc0(sizeof(*tap) + buffer_size);

	*tap = (struct tap){
		.fd = fd, .handler = handler, .opaque = opaque, .buffer_size = buffer_size};
	tap->fragments = fragments_new();
	attach(tap);
	return tap;
}

void tap_pause(struct tap *tap, bool is_paused)
{
	if (is_paused)
		detach(tap);
	else if (!tap->source)
		attach(tap);
}

void tap_free(struct tap *tap)
{
	if (!tap)
		return;
	detach(tap);
	close(tap->fd);
	fragments_free(tap->fragments);
	g_free(tap);
}

void tap_write_frame(struct tap *tap, const void *frame, size_t size)
{
	ssize_t written;

	do
		written = write(tap->fd, frame, size);
	while (written < 0 && errno == EINTR);
	if (written < 0) {
		tap->stats.drops_to_tap++;
		return;
	}
	tap->stats.frames_to_tap++;
	tap->stats.bytes_to_tap += (uint64_t)written;
}

const struct tap_stats *tap_get_stats(const struct tap *tap)
{
	return &tap->stats;
}

void tap_describe(const struct tap *tap, JsonBuilder *builder)
{
	const struct tap_stats *stats = &tap->stats;

	json_add_int(builder, "frames_from_tap", (gint64)stats->frames_from_tap);
	json_add_int(builder, "bytes_from_tap", (gint64)stats->bytes_from_tap);
	json_add_int(builder, "frames_to_tap", (gint64)stats->frames_to_tap);
	json_add_int(builder, "bytes_to_tap", (gint64)stats->bytes_to_tap);
	json_add_int(builder, "drops_to_tap", (gint64)stats->drops_to_tap);
}
