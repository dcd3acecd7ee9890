/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture_options - the options of netns-ctl NAME capture, as values */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "src/ctl/arguments.h"

#define CAPTURE_ANY "any"

/* The snapshot length that cuts nothing; as in tcpdump(8). */
#define CAPTURE_SNAPLEN_MAX 262144

/* Bytes of a file without packets. */
#define CAPTURE_FILE_HEADER 24

struct capture_options {
	const char *interface;	 /* NULL: the container's own; CAPTURE_ANY: all */
	const char *file;	 /* NULL: standard output */
	uint32_t snaplen;	 /* bytes that are kept of a packet */
	uint64_t count, size;	 /* most packets, most bytes of the file; UINT64_MAX: no limit */
	gint64 duration;	 /* most microseconds; -1: no limit */
	char *const *expression; /* the words of the filter; may be empty */
};

/* The options of a request, whose strings they keep. EINVAL for a number that is none. */
bool capture_options_parse(const struct ctl_request *request, struct capture_options *ret_options,
			   GError **error);
