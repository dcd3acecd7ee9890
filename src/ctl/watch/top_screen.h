/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_screen - the terminal of netns-ctl top: the only place that knows ncurses */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/watch/top_lines.h"

struct top_screen;

/* Keys beside characters. */
enum top_key {
	TOP_KEY_NONE = 0, /* none is waiting */
	TOP_KEY_UP = 256,
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_ENTER,
	TOP_KEY_OTHER,
};

/* Takes the terminal that standard input and output are; NULL on error. */
struct top_screen *top_screen_new(GError **error);
/* Gives it back as it was. Accepts NULL. */
void top_screen_free(struct top_screen *screen);

/* What there is room for. */
struct top_layout top_screen_layout(const struct top_screen *screen);

/* Takes the terminal's new size over (SIGWINCH). */
void top_screen_resize(struct top_screen *screen);

/* What is seen: fixed lines above and below, and as many of the others as fit. */
struct top_picture {
	const GPtrArray *header;       /* of struct top_line; so are the others */
	const struct top_line *titles; /* NULL: none */
	const GPtrArray *body;
	unsigned selected;  /* an index in body; from its length on: none */
	const char *footer; /* a line of text */
};

/* Draws what has changed. The part of the body that is shown moves as little as it must. */
void top_screen_draw(struct top_screen *screen, const struct top_picture *picture);

/* The lines of the body that fit. */
unsigned top_screen_page(const struct top_screen *screen);

/* A character that was typed, or an enum top_key. Never waits. */
int top_screen_key(struct top_screen *screen);
