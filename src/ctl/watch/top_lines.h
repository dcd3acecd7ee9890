/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_lines - what netns-ctl top shows, as lines of styled text */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/watch/top_model.h"

enum top_style {
	TOP_STYLE_NORMAL,
	TOP_STYLE_NAME,
	TOP_STYLE_UP,
	TOP_STYLE_DOWN,
	TOP_STYLE_HISTORY,
	TOP_STYLE_DIM,
	TOP_STYLE_ALARM,
	TOP_STYLE_TITLE,
	TOP_STYLE_SORTED, /* the title of the column that is sorted by */
	TOP_N_STYLES,
};

struct top_cell {
	char *text; /* as wide as its column */
	enum top_style style;
};

/* Cells stand side by side with a blank between them. */
struct top_line {
	GArray *cells;	       /* of struct top_cell */
	const char *container; /* whose line it is, the model's; NULL: nobody's */
	guint64 flow;	       /* the id of a flow; 0: it is no flow's */
};

struct top_layout {
	unsigned width; /* columns */
	bool utf8;
};

/* Two lines with the sums; clock is the time of day. */
GPtrArray *top_lines_header(const struct top_model *model, const struct top_layout *layout,
			    const char *clock);
/* The titles of the columns. */
struct top_line *top_lines_titles(const struct top_model *model, const struct top_layout *layout);
/* Containers, and below each that is open its flows. The caller owns them. */
GPtrArray *top_lines_body(const struct top_model *model, const struct top_layout *layout);
/* The keys. */
GPtrArray *top_lines_help(const struct top_layout *layout);

/* Its text, without blanks at the end. The caller owns it. */
char *top_line_text(const struct top_line *line);
void top_line_free(struct top_line *line);
