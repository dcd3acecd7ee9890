/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_text - pieces of text for netns-ctl top, of a known width on the screen */
#include "src/ctl/watch/top_text.h"

#include <string.h>

#include "src/ctl/terminal.h"

/* Less than this is no peak: neighbour discovery alone should not look like traffic. */
#define SPARKLINE_SCALE_MIN 1024.0

#define UNIT 1024.0

static unsigned width_of(gunichar character)
{
	if (g_unichar_iszerowidth(character))
		return 0;
	return g_unichar_iswide(character) ? 2 : 1;
}

unsigned top_text_width(const char *text)
{
	unsigned width = 0;

	for (; *text; text = g_utf8_next_char(text))
		width += width_of(g_utf8_get_char(text));
	return width;
}

static char *to_ascii(const char *text)
{
	GString *ascii = g_string_new(NULL);

	for (; *text; text = g_utf8_next_char(text))
		g_string_append_c(ascii, (guchar)*text < 0x80 ? *text : '?');
	return g_string_free(ascii, FALSE);
}

/* The first characters of text that take no more than width columns. */
static char *cut(const char *text, unsigned width)
{
	const char *end = text;

	for (unsigned used = 0; *end; end = g_utf8_next_char(end)) {
		used += width_of(g_utf8_get_char(end));
		if (used > width)
			break;
	}
	return g_strndup(text, (gsize)(end - text));
}

char *top_text_fit(const char *text, unsigned width, bool align_right, bool utf8)
{
	g_autofree char *clean = terminal_text(text);
	g_autofree char *shown = utf8 ? g_steal_pointer(&clean) : to_ascii(clean);

	if (top_text_width(shown) > width) {
		g_autofree char *begin = cut(shown, width > 0 ? width - 1 : 0);
		g_free(shown);
		shown = g_strconcat(begin, width == 0 ? "" : utf8 ? "…" : "~", NULL);
	}
	int padding = (int)(width - MIN(top_text_width(shown), width));
	return g_strdup_printf("%*s%s%*s", align_right ? padding : 0, "", shown,
			       align_right ? 0 : padding, "");
}

char *top_text_bytes(double bytes)
{
	static const char units[] = "KMGTPE";
	size_t unit = 0;

	if (bytes < UNIT)
		return g_strdup_printf("%.0f", bytes);
	for (bytes /= UNIT; bytes >= UNIT && units[unit + 1]; unit++)
		bytes /= UNIT;
	return g_strdup_printf(bytes < 10 ? "%.1f%c" : "%.0f%c", bytes, units[unit]);
}

char *top_text_age(double seconds)
{
	guint64 whole = seconds > 0 ? (guint64)seconds : 0;
	unsigned minutes = (unsigned)(whole / 60 % 60), hours = (unsigned)(whole / 3600 % 24);

	if (whole >= 86400)
		return g_strdup_printf("%" G_GUINT64_FORMAT "d%02uh", whole / 86400, hours);
	if (whole >= 3600)
		return g_strdup_printf("%u:%02u:%02u", hours, minutes, (unsigned)(whole % 60));
	return g_strdup_printf("%u:%02u", minutes, (unsigned)(whole % 60));
}

char *top_text_sparkline(const double *values, unsigned n, bool utf8)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const letters[] = {" ", ".", ":", "-", "=", "+", "*", "%", "#"};
	enum { LEVELS = G_N_ELEMENTS(blocks) - 1 };
	double largest = SPARKLINE_SCALE_MIN;
	GString *line = g_string_new(NULL);

	for (unsigned i = 0; i < n; i++)
		largest = MAX(largest, values[i]);
	for (unsigned i = 0; i < n; i++) {
		unsigned level = (unsigned)(values[i] / largest * LEVELS + 0.5);
		/* What is there is seen. */
		level = CLAMP(level, values[i] > 0 ? 1 : 0, LEVELS);
		g_string_append(line, (utf8 ? blocks : letters)[level]);
	}
	return g_string_free(line, FALSE);
}
