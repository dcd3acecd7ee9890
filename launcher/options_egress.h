/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_egress - the part of the command line that is about what may leave */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/options_network.h"
#include "src/egress_set.h"

struct egress_options {
	struct egress_set *set; /* --egress, --allow, --deny, --egress-file, --egress-pin */
	char *file;		/* --egress-file */
	const char *given;	/* the first of these options that was given, or NULL */
};

void egress_options_init(struct egress_options *options);
void egress_options_done(struct egress_options *options);

/* The option group whose callbacks fill options, which must outlive it. */
GOptionGroup *egress_options_group(struct egress_options *options);

/* After parsing: reads the file; options that cannot have an effect are named with their cure. */
bool egress_options_check(struct egress_options *options, enum network_mode mode, GError **error);
