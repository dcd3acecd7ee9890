/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words - an input of a fuzz target as a command line */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/*
 * How it works
 *
 * Each line of the input is a word, or, where there are NUL bytes, what ends by one: so seeds can
 * be read, and words can have newlines. Parsers of options look descriptors up and some duplicate
 * them, so what an input has opened is closed behind it.
 */
struct words {
	char **argv; /* the program first; NULL-terminated */
	int argc;
	int first_fd; /* that was free before */
};

/* False for an input that must not be run: it would read a device or a file of /proc to its end. */
gboolean words_init(struct words *words, const char *program, const uint8_t *data, size_t size);
void words_done(struct words *words);

/* A refusal is a failure (src/failure.h) of one line of cause, and of one of cure at most. */
void words_check_refusal(const GError *error);
