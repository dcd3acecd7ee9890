/* SPDX-License-Identifier: GPL-2.0-or-later */
/* environment - the variables that CMD gets: the caller's, --env, --env-file and defaults */
#include "launcher/environment.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"
#include "src/text_file.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define BLANKS		" \t\v\f\r"

static size_t name_length(const char *variable)
{
	return strcspn(variable, "=");
}

bool environment_add(GPtrArray *entries, const char *text, GError **error)
{
	size_t length = name_length(text);

	if (length == 0) {
		g_autofree char *printable = g_strescape(text, NULL);
		failure_set(error, EINVAL, "write NAME=VALUE, or NAME to take the caller's value",
			    "'%s' has no name of a variable", printable);
		return false;
	}
	if (strlen(text) > ENVIRONMENT_VARIABLE_MAX) {
		g_autofree char *printable = g_strndup(text, MIN(length, 40));
		failure_set(error, E2BIG, "put it into a file that the command reads",
			    "the variable '%s' is longer than %d bytes", printable,
			    ENVIRONMENT_VARIABLE_MAX);
		return false;
	}
	if (text[length] == '=') {
		g_ptr_array_add(entries, g_strdup(text));
		return true;
	}
	const char *value = g_getenv(text);
	if (value)
		g_ptr_array_add(entries, g_strconcat(text, "=", value, NULL));
	return true;
}

static bool add_line(GPtrArray *entries, const char *line, size_t size, GError **error)
{
	g_autofree char *copy = g_strndup(line, size);
	char *text = copy + strspn(copy, BLANKS);
	size_t length = strlen(text);

	if (strlen(copy) != size) {
		failure_set(error, EINVAL, "write one NAME=VALUE a line, as text",
			    "there is a NUL byte in the line");
		return false;
	}
	if (length > 0 && text[length - 1] == '\r')
		text[length - 1] = '\0';
	if (text[0] == '\0' || text[0] == '#')
		return true;
	/* The shell's "export X=1", too: it would make a variable that nobody can ask for. */
	if (strcspn(text, BLANKS) < name_length(text)) {
		g_autofree char *name = g_strndup(text, MIN(name_length(text), 40));
		g_autofree char *printable = g_strescape(name, NULL);
		failure_set(error, EINVAL, "write NAME=VALUE, without quotes or export",
			    "there are blanks in the name '%s'", printable);
		return false;
	}
	return environment_add(entries, text, error);
}

bool environment_add_text(GPtrArray *entries, const char *name, const char *text, size_t size,
			  GError **error)
{
	const char *const end = text + size;
	const unsigned before = entries->len;

	if (size >= strlen(BYTE_ORDER_MARK) && g_str_has_prefix(text, BYTE_ORDER_MARK))
		text += strlen(BYTE_ORDER_MARK);
	for (unsigned line = 1; text < end; line++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		g_autoptr(GError) failure = NULL;

		if (!add_line(entries, text, (size_t)(stop - text), &failure)) {
			g_autofree char *cause = failure_cause(failure);
			failure_set(error, failure->code, failure_cure(failure), "%s:%u: %s", name,
				    line, cause);
			g_ptr_array_set_size(entries, (int)before);
			return false;
		}
		text = stop + 1;
	}
	return true;
}

bool environment_add_file(GPtrArray *entries, const char *path, GError **error)
{
	const struct text_file file = {
		.what = "--env-file",
		.path = path,
		.max = ENVIRONMENT_FILE_MAX,
		.cure = "give a text file with one NAME=VALUE a line",
	};
	size_t size;
	g_autofree char *text = text_file_read(&file, &size, error);

	return text && environment_add_text(entries, path, text, size, error);
}

static void append_array(GPtrArray *to, const GPtrArray *from)
{
	for (unsigned i = 0; i < from->len; i++)
		g_ptr_array_add(to, g_strdup(g_ptr_array_index(from, i)));
}

/* Takes the list; of several variables with one name the last stays, at the place of the first. */
static char **unite(GPtrArray *list)
{
	g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GPtrArray *united = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; i < list->len; i++) {
		const char *entry = g_ptr_array_index(list, i);
		size_t length = name_length(entry);
		gpointer place;

		if (length == 0 || entry[length] == '\0')
			continue;
		g_autofree char *name = g_strndup(entry, length);
		if (g_hash_table_lookup_extended(places, name, NULL, &place)) {
			char **old = (char **)&g_ptr_array_index(united, GPOINTER_TO_UINT(place));
			g_free(*old);
			*old = g_strdup(entry);
			continue;
		}
		g_hash_table_insert(places, g_steal_pointer(&name), GUINT_TO_POINTER(united->len));
		g_ptr_array_add(united, g_strdup(entry));
	}
	g_ptr_array_unref(list);
	g_ptr_array_add(united, NULL);
	return (char **)g_ptr_array_free(united, FALSE);
}

/* What CMD takes over of the caller's environment. */
static bool is_kept(const struct environment_plan *plan, const char *entry)
{
	if (plan->clear)
		return plan->has_terminal && g_str_has_prefix(entry, "TERM=");
	return plan->keep_home || !g_str_has_prefix(entry, "HOME=");
}

char **environment_make(const struct environment_plan *plan)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

	for (char *const *entry = plan->caller; *entry; entry++)
		if (is_kept(plan, *entry))
			g_ptr_array_add(list, g_strdup(*entry));
	/* How programs know that they are in one (systemd's "Container Interface"). */
	g_ptr_array_add(list, g_strdup("container=netns-run"));
	append_array(list, plan->files);
	append_array(list, plan->variables);
	return unite(list);
}

char **environment_complete(char **environment, const char *home, bool has_terminal)
{
	environment = g_environ_setenv(
		environment, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		FALSE);
	environment = g_environ_setenv(environment, "HOME", home ? home : "/", FALSE);
	if (has_terminal)
		environment = g_environ_setenv(environment, "TERM", "xterm", FALSE);
	return environment;
}
