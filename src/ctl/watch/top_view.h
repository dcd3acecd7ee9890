/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_view - what the user of netns-ctl top has chosen to see */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/watch/top_lines.h"
#include "src/ctl/watch/top_model.h"
#include "src/ctl/watch/top_screen.h"

struct top_view {
	struct top_screen *screen;
	char *container; /* of the selected line; NULL: the first there is */
	guint64 flow;	 /* of the selected line; 0: it is the container's own */
	bool help, paused;
};

/* What a key asks for. */
enum top_wish {
	TOP_WISH_NOTHING,
	TOP_WISH_LOOK, /* containers were opened: look at their flows */
	TOP_WISH_QUIT,
};

/* Takes the terminal; NULL on error. */
struct top_view *top_view_new(GError **error);
/* Accepts NULL. */
void top_view_free(struct top_view *view);

/* Draws what has changed. */
void top_view_draw(struct top_view *view, const struct top_model *model);
/* Takes the terminal's new size over. */
void top_view_resize(struct top_view *view);

/* Takes all keys that wait; they change the view, and of the model its order and what is open. */
enum top_wish top_view_take_keys(struct top_view *view, struct top_model *model);
