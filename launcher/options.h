/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - the command line of netns-run */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/options_egress.h"
#include "launcher/options_identity.h"
#include "launcher/options_filesystem.h"
#include "launcher/options_limits.h"
#include "launcher/options_network.h"
#include "launcher/options_outbound.h"
#include "launcher/options_privilege.h"
#include "launcher/options_process.h"
#include "launcher/options_rate.h"
#include "launcher/options_sandbox.h"

struct options {
	struct limits_options limits;
	struct network_options network;
	struct egress_options egress;
	struct outbound_options outbound;
	struct rate_options rate;
	struct privilege_options privilege;
	struct process_options process;
	struct sandbox_options sandbox;
	struct identity_options identity;
	struct filesystem_options filesystem;
	char *name;	  /* --name, or NULL */
	int ready_fd;	  /* --ready-fd, or -1 */
	int info_fd;	  /* --info-fd, or -1 */
	int events_fd;	  /* --events-fd, or -1 */
	char *pid_file;	  /* --pid-file, or NULL */
	gboolean version; /* --version: nothing else matters */
	char *help;	  /* --help: its text, and nothing else matters; or NULL */
	char *rootfs;	  /* ROOTFS */
	char **command;	  /* CMD [ARG...], NULL-terminated; {"/bin/sh"} if none was given */
};

/*
 * Parses argv (of main(); left alone). Options end at ROOTFS. Failures name the option and a cure.
 */
bool options_parse(struct options *ret_options, int argc, char **argv, GError **error);
void options_done(struct options *options);
