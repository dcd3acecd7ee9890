/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_options - the options of netns-ctl top, as values */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

struct top_options {
	bool batch;
	gint64 delay;	    /* microseconds from one look to the next */
	guint64 iterations; /* G_MAXUINT64: no end */
};

/* The options of a request. EINVAL for a number that is none. */
bool top_options_parse(const struct ctl_request *request, struct top_options *ret_options,
		       GError **error);
