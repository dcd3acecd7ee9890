/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - the command line of netns-attach */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/options_egress.h"
#include "launcher/options_network.h"
#include "launcher/options_outbound.h"
#include "launcher/options_rate.h"
#include "launcher/options_sandbox.h"

struct attach_options {
	struct network_options network; /* of whom mode, dns have their defaults */
	struct outbound_options outbound;
	struct rate_options rate;
	struct sandbox_options sandbox;
	struct egress_options egress;
	/* Inherited descriptors, close-on-exec; unset: -1 */
	int netns_fd, userns_fd, tap_fd;
	int control_fd, ready_fd, info_fd, exit_fd;
	gboolean no_configure;
	gboolean detach;
	gboolean version; /* nothing else matters */
	char *help;	  /* the same: its text; or NULL */
	char *name;	  /* or NULL */
	char *target;	  /* PID, or path with a slash; NULL with netns_fd or tap_fd */
};

/*
 * Parses argv (of main(); left alone). Failures name the option and a cure.
 */
bool attach_options_parse(struct attach_options *ret_options, char **argv, GError **error);
void attach_options_done(struct attach_options *options);
