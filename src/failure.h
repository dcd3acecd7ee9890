/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failure - errors that carry one line of cause and one line of cure */
#pragma once

#include <glib.h>

/*
 * A failure is a GError of the domain FAILURE. Its code is an errno value (0 when no system call is
 * to blame); its message is the cause, followed by a newline and the cure where there is one.
 */
#define FAILURE failure_quark()
GQuark failure_quark(void);

/*
 * Sets *error to a new failure. errnum is an errno value or 0; the message does not get its text
 * appended, name it with g_strerror() where it helps. cure may be NULL.
 */
void failure_set(GError **error, int errnum, const char *cure, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/*
 * Sets *error to "format: text of errno", with errno as its code; only EMFILE has a
 * cure. Always returns
 * false, so that `return failure_errno(error, "open %s", path);` is all a caller needs.
 */
gboolean failure_errno(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The cause: the first line of the message. The caller owns the string. */
char *failure_cause(const GError *error);

/* The cure: what follows the first line, or NULL. The string belongs to error. */
const char *failure_cure(const GError *error);

/*
 * What the failure is about, for whoever can find out more: the place of a port, for example. The
 * text is copied, and part of the domain: not for errors of others; NULL where nothing has been
 * said. What is returned belongs to error.
 */
void failure_set_subject(GError *error, const char *subject);
const char *failure_subject(const GError *error);

/*
 * True where something has run out, like descriptors or memory: no reason to do without what has
 * failed, as others may have made it so.
 */
gboolean failure_is_shortage(const GError *error);

/* Prints "program: cause" and, where there is one, "program: hint: cure" to standard error. */
void failure_print(const char *program, const GError *error);
