/* SPDX-License-Identifier: GPL-2.0-or-later */
/* environment - the variables that CMD gets: the caller's, --env, --env-file and defaults */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

/*
 * How it works
 *
 * Variables are "NAME=VALUE" texts. Of several with one name the last one counts: the caller's
 * environment (or nothing) comes first, then `container`, then the files in the order given, then
 * the single variables. What is still missing of PATH, HOME and TERM is added where the account of
 * CMD is known, inside the container.
 */

/* Largest file that is read, in bytes. */
#define ENVIRONMENT_FILE_MAX (1024 * 1024)
/* Longest variable in bytes; execve(2) takes no more (MAX_ARG_STRLEN, with the NUL). */
#define ENVIRONMENT_VARIABLE_MAX (128 * 1024 - 1)

struct environment_plan {
	char *const *caller;		    /* of whoever started the launcher, NULL-terminated */
	bool clear;			    /* take nothing of it but TERM for a terminal */
	bool keep_home;			    /* HOME is the caller's, not that of CMD's account */
	bool has_terminal;		    /* CMD runs on one */
	const GPtrArray *files, *variables; /* of char *, as environment_add() makes them */
};

/*
 * Appends one variable to entries (which frees its elements): text is NAME=VALUE, or NAME for the
 * value in our own environment; nothing is added if that has none. EINVAL: no name, too long.
 */
bool environment_add(GPtrArray *entries, const char *text, GError **error);

/*
 * Appends the variables in size bytes of text, one a line, as in the files of docker's --env-file:
 * blanks before the name, empty lines and lines that start with # are skipped, quotes are part of
 * the value. name is the file's, for messages, which tell the line. All or nothing.
 */
bool environment_add_text(GPtrArray *entries, const char *name, const char *text, size_t size,
			  GError **error);

/* The same for a file, which must be a regular one or a pipe, up to ENVIRONMENT_FILE_MAX. */
bool environment_add_file(GPtrArray *entries, const char *path, GError **error);

/* The environment by plan, without defaults. The caller frees it with g_strfreev(). */
char **environment_make(const struct environment_plan *plan);

/*
 * Adds what CMD needs and environment lacks: PATH, HOME (home, or / if NULL), and on a terminal
 * TERM. Takes environment, returns the new one.
 */
char **environment_complete(char **environment, const char *home, bool has_terminal);
