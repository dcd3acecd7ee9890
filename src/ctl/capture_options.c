/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture_options - the options of netns-ctl NAME capture, as values */
#include "src/ctl/capture_options.h"

#include <errno.h>

#include "src/failure.h"
#include "src/number.h"

/* A thousand years are a slip of the pen, but no overflow. */
#define DURATION_MAX (G_GINT64_CONSTANT(1000) * 366 * G_TIME_SPAN_DAY)

static bool parse_duration(const char *text, gint64 *ret_duration, GError **error)
{
	const char *rest = text;
	guint64 duration;

	if (!number_take_decimal(&rest, G_USEC_PER_SEC, &duration) || *rest || duration == 0 ||
	    duration > (guint64)DURATION_MAX) {
		failure_set(error, EINVAL, "write --duration 10 or --duration 0.5",
			    "'%s' is no number of seconds", text);
		return false;
	}
	*ret_duration = (gint64)duration;
	return true;
}

static bool parse_size(const char *text, uint64_t *ret_size, GError **error)
{
	guint64 size;

	if (!number_parse_size(text, &size)) {
		failure_set(error, EINVAL, "give a number with k, m or g, e.g. --size 10m",
			    "'%s' is no size", text);
		return false;
	}
	if (size < CAPTURE_FILE_HEADER) {
		failure_set(error, EINVAL, NULL, "a file without packets has %d bytes already",
			    CAPTURE_FILE_HEADER);
		return false;
	}
	*ret_size = size;
	return true;
}

bool capture_options_parse(const struct ctl_request *request, struct capture_options *ret_options,
			   GError **error)
{
	const struct ctl_options *given = &request->options;
	struct capture_options options = {
		.interface = given->interface,
		.file = g_strcmp0(given->write, "-") == 0 ? NULL : given->write,
		.count = UINT64_MAX,
		.size = UINT64_MAX,
		.duration = -1,
		.expression = request->operands,
	};
	guint64 snaplen = CAPTURE_SNAPLEN_MAX, count = UINT64_MAX;

	if ((given->duration && !parse_duration(given->duration, &options.duration, error)) ||
	    (given->size && !parse_size(given->size, &options.size, error)) ||
	    (given->count &&
	     !number_parse(given->count, 1, UINT64_MAX - 1, "--count", &count, error)) ||
	    (given->snaplen &&
	     !number_parse(given->snaplen, 1, CAPTURE_SNAPLEN_MAX, "--snaplen", &snaplen, error)))
		return false;
	options.count = count;
	options.snaplen = (uint32_t)snaplen;
	*ret_options = options;
	return true;
}
