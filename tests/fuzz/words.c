/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words - an input of a fuzz target as a command line */
#include "tests/fuzz/words.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "src/failure.h"

static gboolean names_device(const char *word)
{
	return strstr(word, "dev") || strstr(word, "proc");
}

static gboolean opens_file(const char *word)
{
	return g_str_has_suffix(word, "-file") || strstr(word, "-file=");
}

static gboolean is_harmless(char *const *argv)
{
	gboolean opens = FALSE, names = FALSE;

	for (; *argv; argv++) {
		opens = opens || opens_file(*argv);
		names = names || names_device(*argv);
	}
	return !opens || !names;
}

gboolean words_init(struct words *words, const char *program, const uint8_t *data, size_t size)
{
	int separator = memchr(data, '\0', size) ? '\0' : '\n';
	GPtrArray *argv = g_ptr_array_new();

	g_ptr_array_add(argv, g_strdup(program));
	while (size > 0) {
		const uint8_t *end = memchr(data, separator, size);
		size_t length = end ? (size_t)(end - data) : size;

		g_ptr_array_add(argv, g_strndup((const char *)data, length));
		length += end ? 1 : 0;
		data += length;
		size -= length;
	}
	words->argc = (int)argv->len;
	g_ptr_array_add(argv, NULL);
	words->argv = (char **)g_ptr_array_free(argv, FALSE);
	words->first_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (words->first_fd >= 0)
		close(words->first_fd);
	if (is_harmless(words->argv))
		return TRUE;
	words_done(words);
	return FALSE;
}

void words_done(struct words *words)
{
	g_strfreev(words->argv);
	/* The lowest are taken first, so there are no holes. */
	for (int fd = words->first_fd; fd >= 0 && close(fd) == 0; fd++)
		;
}

void words_check_refusal(const GError *error)
{
	g_assert(error && error->domain == FAILURE && *error->message);
	const char *cure = failure_cure(error);
	g_assert(!cure || (*cure && !strchr(cure, '\n')));
}
