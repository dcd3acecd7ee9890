/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - what the network shall be: the hook's arguments and the container's annotations */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "plugins/settings.h"
#include "src/json.h"

/* What our annotations begin with; the rest of a name is that of netns-run's option. */
#define OCI_ANNOTATION_PREFIX "org.netns-run."

struct oci_options {
	gboolean version, help;
	struct settings settings;
};

void oci_options_init(struct oci_options *options);
void oci_options_done(struct oci_options *options);

/*
 * Reads the hook's own arguments into initialised options: defaults for all containers that the
 * hook is for. Names of stages (createRuntime, poststop) are accepted and ignored: the state tells.
 */
bool oci_options_take_arguments(struct oci_options *options, char **argv, GError **error);

/* The text of --help; the caller owns it. */
char *oci_options_help(void);

/*
 * Then the annotations, which may be NULL: "org.netns-run.NAME": "VALUE" is a setting in its text
 * form (plugins/settings.h), or ifname. The arguments fix what settings_fix() says. An unknown one
 * with our prefix is an error (EINVAL); others are not ours.
 */
bool oci_options_take_annotations(struct oci_options *options, JsonObject *annotations,
				  GError **error);

/* In the end: fills in defaults; a combination without sense is named with its cure. */
bool oci_options_check(struct oci_options *options, GError **error);
