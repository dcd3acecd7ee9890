/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_process - the options about CMD's process: environment, directory, terminal, detaching */
#pragma once

#include <stdbool.h>

#include <glib.h>

struct process_options {
	GPtrArray *variables;	  /* --env, of char *, as environment_add() makes them */
	GPtrArray *files;	  /* the variables of all --env-file, in order */
	gboolean clear_env;	  /* --clear-env */
	char *workdir;		  /* --workdir, absolute, or NULL */
	char *hostname;		  /* --hostname, or NULL */
	bool init;		  /* --init: PID 1 is ours (the default), else it is CMD */
	gboolean detach;	  /* --detach */
	char *log_file;		  /* --log-file, only with detach, or NULL */
	gboolean tty;		  /* --tty */
	gboolean die_with_parent; /* --die-with-parent */
	gboolean accepted;	  /* --rm, --interactive: what we always do */
};

void process_options_init(struct process_options *options);
void process_options_done(struct process_options *options);

/*
 * The option group; options must live as long as it and be initialised. Files of --env-file are
 * read while parsing. The caller owns the group (GOptionContext takes it over).
 */
GOptionGroup *process_options_group(struct process_options *options);

/* Refuses options that exclude each other. */
bool process_options_check(const struct process_options *options, GError **error);
