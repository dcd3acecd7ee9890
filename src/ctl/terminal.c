/* SPDX-License-Identifier: GPL-2.0-or-later */
/* terminal - prints what others wrote without letting it steer the terminal */
#include "src/ctl/terminal.h"

#define COLUMN_GAP 2

static bool steers_terminal(gunichar character)
{
	switch (g_unichar_type(character)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_FORMAT:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
		return true;
	default:
		return false;
	}
}

char *terminal_text(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *clean = g_string_new(NULL);

	for (const char *next = valid; *next; next = g_utf8_next_char(next)) {
		gunichar character = g_utf8_get_char(next);
		g_string_append_unichar(clean, steers_terminal(character) ? '?' : character);
	}
	return g_string_free(clean, FALSE);
}

/* RFC 8259, section 7: beyond the basic plane as a pair of surrogates. */
static void append_escape(GString *text, gunichar character)
{
	if (character < 0x10000) {
		g_string_append_printf(text, "\\u%04x", character);
		return;
	}
	character -= 0x10000;
	g_string_append_printf(text, "\\u%04x\\u%04x", 0xd800 + (character >> 10),
			       0xdc00 + (character & 0x3ff));
}

static char *clean_json(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *clean = g_string_new(NULL);

	for (const char *next = valid; *next; next = g_utf8_next_char(next)) {
		gunichar character = g_utf8_get_char(next);
		/* The generator escapes newlines in strings: those that are left are its own. */
		if (character != '\n' && steers_terminal(character))
			append_escape(clean, character);
		else
			g_string_append_unichar(clean, character);
	}
	g_string_append_c(clean, '\n');
	return g_string_free(clean, FALSE);
}

char *terminal_json(JsonNode *node)
{
	g_autofree char *text = json_to_string(node, TRUE);

	return clean_json(text);
}

char *terminal_json_line(JsonNode *node)
{
	g_autofree char *text = json_to_string(node, FALSE);

	return clean_json(text);
}

char *terminal_size(guint64 bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024)
		return g_strdup_printf("%" G_GUINT64_FORMAT "B", bytes);
	for (; value >= 1024 && unit + 1 < G_N_ELEMENTS(units); unit++)
		value /= 1024;
	return g_strdup_printf("%.1f%s", value, units[unit]);
}

static long column_width(const GPtrArray *rows, unsigned column)
{
	long width = 0;

	for (unsigned i = 0; i < rows->len; i++) {
		GStrv cells = g_ptr_array_index(rows, i);
		g_autofree char *cell = terminal_text(cells[column]);
		width = MAX(width, g_utf8_strlen(cell, -1));
	}
	return width;
}

char *terminal_table(const GPtrArray *rows)
{
	unsigned n_columns = rows->len ? g_strv_length(g_ptr_array_index(rows, 0)) : 0;
	g_autofree long *widths = g_new0(long, n_columns);
	GString *table = g_string_new(NULL);

	for (unsigned column = 0; column < n_columns; column++)
		widths[column] = column_width(rows, column);
	for (unsigned i = 0; i < rows->len; i++) {
		GStrv cells = g_ptr_array_index(rows, i);
		for (unsigned column = 0; column < n_columns; column++) {
			g_autofree char *cell = terminal_text(cells[column]);
			bool is_last = column + 1 == n_columns;
			long padding = widths[column] - g_utf8_strlen(cell, -1) + COLUMN_GAP;
			g_string_append_printf(table, "%s%*s", cell, is_last ? 0 : (int)padding,
					       is_last ? "\n" : "");
		}
	}
	return g_string_free(table, FALSE);
}
