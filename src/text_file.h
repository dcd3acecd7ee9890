/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_file - reads a file of settings that a user names, and not more than that */
#pragma once

#include <stddef.h>

#include <glib.h>

struct text_file {
	const char *what; /* it is, in messages: "--env-file" */
	const char *path;
	size_t max;	  /* bytes */
	const char *cure; /* of every failure */
};

/*
 * Reads a regular file, or a pipe to its end. The text is the caller's; behind its *ret_size bytes
 * there is a NUL. NULL on error: EINVAL for what is neither, EFBIG if there is more than max.
 */
char *text_file_read(const struct text_file *file, size_t *ret_size, GError **error);
