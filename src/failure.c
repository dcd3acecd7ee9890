/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failure - errors that carry one line of cause and one line of cure */
#include "src/failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What GLib keeps behind each error of this domain (G_DEFINE_EXTENDED_ERROR). */
typedef struct {
	char *subject; /* NULL: not said */
} FailurePrivate;

/* It is zeroed already. */
static void failure_private_init(FailurePrivate *extension G_GNUC_UNUSED)
{
}

static void failure_private_copy(const FailurePrivate *from, FailurePrivate *to)
{
	to->subject = g_strdup(from->subject);
}

static void failure_private_clear(FailurePrivate *extension)
{
	g_free(extension->subject);
}

G_DEFINE_EXTENDED_ERROR(Failure, failure)

void failure_set(GError **error, int errnum, const char *cure, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *cause = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_strdelimit(cause, "\n", ' ');
	if (cure)
		g_set_error(error, FAILURE, errnum, "%s\n%s", cause, cure);
	else
		g_set_error_literal(error, FAILURE, errnum, cause);
}

gboolean failure_errno(GError **error, const char *format, ...)
{
	int errnum = errno;
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *what = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	const char *cure = errnum == EMFILE ? "raise the limit on open files (ulimit -n)" : NULL;
	failure_set(error, errnum, cure, "%s: %s", what, g_strerror(errnum));
	return FALSE;
}

char *failure_cause(const GError *error)
{
	return g_strndup(error->message, strcspn(error->message, "\n"));
}

const char *failure_cure(const GError *error)
{
	const char *newline = strchr(error->message, '\n');

	return newline ? newline + 1 : NULL;
}

void failure_set_subject(GError *error, const char *subject)
{
	FailurePrivate *extension = failure_get_private(error);

	g_free(extension->subject);
	extension->subject = g_strdup(subject);
}

const char *failure_subject(const GError *error)
{
	return error->domain == FAILURE ? failure_get_private(error)->subject : NULL;
}

gboolean failure_is_shortage(const GError *error)
{
	static const int codes[] = {EMFILE, ENFILE, ENOMEM, EAGAIN, EINTR};

	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
		if (error->code == codes[i])
			return TRUE;
	return FALSE;
}

void failure_print(const char *program, const GError *error)
{
	g_autofree char *cause = failure_cause(error);
	const char *cure = failure_cure(error);

	/* Names of files are bytes. g_printerr() translates to the locale's character set. */
	if (cure)
		fprintf(stderr, "%s: %s\n%s: hint: %s\n", program, cause, program, cure);
	else
		fprintf(stderr, "%s: %s\n", program, cause);
}
