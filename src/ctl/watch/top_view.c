/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_view - what the user of netns-ctl top has chosen to see */
#include "src/ctl/watch/top_view.h"

#define FOOTER                                                                                     \
	"q quit  ? help  Enter flows  sort: r rate b bytes f flows n name c cpu m mem u uptime"
#define FOOTER_PAUSED "paused: p goes on  " FOOTER
#define FOOTER_HELP   "any key goes back"

struct top_view *top_view_new(GError **error)
{
	struct top_screen *screen = top_screen_new(error);

	if (!screen)
		return NULL;
	struct top_view *view = g_new(struct top_view, 1);
	*view = (struct top_view){.screen = screen};
	return view;
}

void top_view_free(struct top_view *view)
{
	if (!view)
		return;
	top_screen_free(view->screen);
	g_free(view->container);
	g_free(view);
}

void top_view_resize(struct top_view *view)
{
	top_screen_resize(view->screen);
}

/* --- the selected line --- */

static void select_line(struct top_view *view, const GPtrArray *body, unsigned index)
{
	const struct top_line *line = index < body->len ? body->pdata[index] : NULL;

	g_free(view->container);
	view->container = line ? g_strdup(line->container) : NULL;
	view->flow = line ? line->flow : 0;
}

/* Its index. A flow that has ended gives way to its container, that one to the first line. */
static unsigned find_selected(struct top_view *view, const GPtrArray *body)
{
	unsigned found = 0;

	for (unsigned i = 0; view->container && i < body->len; i++) {
		const struct top_line *line = body->pdata[i];
		if (!g_str_equal(line->container, view->container))
			continue;
		if (line->flow == view->flow)
			return i;
		if (line->flow == 0)
			found = i;
	}
	return found;
}

static void move(struct top_view *view, const struct top_model *model, int key)
{
	const struct top_layout layout = top_screen_layout(view->screen);
	g_autoptr(GPtrArray) body = top_lines_body(model, &layout);
	gint64 selected = find_selected(view, body), page = top_screen_page(view->screen);

	if (key == TOP_KEY_UP || key == 'k')
		selected--;
	else if (key == TOP_KEY_DOWN || key == 'j')
		selected++;
	else if (key == TOP_KEY_PAGE_UP)
		selected -= page;
	else if (key == TOP_KEY_PAGE_DOWN)
		selected += page;
	else if (key == TOP_KEY_HOME)
		selected = 0;
	else
		selected = body->len;
	selected = CLAMP(selected, 0, MAX((gint64)body->len - 1, 0));
	select_line(view, body, (unsigned)selected);
}

static void toggle(struct top_view *view, const struct top_model *model)
{
	const struct top_layout layout = top_screen_layout(view->screen);
	g_autoptr(GPtrArray) body = top_lines_body(model, &layout);
	unsigned selected = find_selected(view, body);
	const struct top_line *line = selected < body->len ? body->pdata[selected] : NULL;
	struct top_container *container = line ? top_model_find(model, line->container) : NULL;

	if (!container)
		return;
	select_line(view, body, selected);
	container->is_open = !container->is_open;
	/* A flow's line is gone with the others. */
	view->flow = 0;
}

static void toggle_all(const struct top_model *model)
{
	bool is_any_open = false;

	for (unsigned i = 0; i < model->containers->len; i++)
		is_any_open |= ((struct top_container *)model->containers->pdata[i])->is_open;
	for (unsigned i = 0; i < model->containers->len; i++)
		((struct top_container *)model->containers->pdata[i])->is_open = !is_any_open;
}

/* --- keys --- */

static bool take_sort(struct top_model *model, int key)
{
	static const struct {
		int key;
		enum top_sort sort;
	} sorts[] = {
		{'r', TOP_SORT_RATE}, {'b', TOP_SORT_BYTES}, {'f', TOP_SORT_FLOWS},
		{'n', TOP_SORT_NAME}, {'c', TOP_SORT_CPU},   {'m', TOP_SORT_MEMORY},
		{'u', TOP_SORT_AGE},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(sorts); i++) {
		if (sorts[i].key != key)
			continue;
		top_model_sort(model, sorts[i].sort);
		return true;
	}
	return false;
}

static enum top_wish take_key(struct top_view *view, struct top_model *model, int key)
{
	if (key == 'q' || key == 'Q')
		return TOP_WISH_QUIT;
	if (view->help) {
		view->help = false;
		return TOP_WISH_NOTHING;
	}
	if (take_sort(model, key))
		return TOP_WISH_NOTHING;
	switch (key) {
	case 'h':
	case '?':
		view->help = true;
		return TOP_WISH_NOTHING;
	case 'p':
		view->paused = !view->paused;
		return TOP_WISH_NOTHING;
	case 'a':
		toggle_all(model);
		return TOP_WISH_LOOK;
	case TOP_KEY_ENTER:
	case ' ':
		toggle(view, model);
		return TOP_WISH_LOOK;
	case 'k':
	case 'j':
	case TOP_KEY_UP:
	case TOP_KEY_DOWN:
	case TOP_KEY_PAGE_UP:
	case TOP_KEY_PAGE_DOWN:
	case TOP_KEY_HOME:
	case TOP_KEY_END:
		move(view, model, key);
		return TOP_WISH_NOTHING;
	default:
		return TOP_WISH_NOTHING;
	}
}

enum top_wish top_view_take_keys(struct top_view *view, struct top_model *model)
{
	enum top_wish wish = TOP_WISH_NOTHING;
	int key;

	while (wish != TOP_WISH_QUIT && (key = top_screen_key(view->screen)) != TOP_KEY_NONE) {
		enum top_wish next = take_key(view, model, key);
		wish = MAX(wish, next);
	}
	return wish;
}

/* --- drawing --- */

void top_view_draw(struct top_view *view, const struct top_model *model)
{
	const struct top_layout layout = top_screen_layout(view->screen);
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *clock = g_date_time_format(now, "%H:%M:%S");
	g_autoptr(GPtrArray) header = top_lines_header(model, &layout, clock);
	g_autoptr(GPtrArray) body =
		view->help ? top_lines_help(&layout) : top_lines_body(model, &layout);
	struct top_line *titles = top_lines_titles(model, &layout);
	const struct top_picture picture = {
		.header = header,
		.titles = view->help ? NULL : titles,
		.body = body,
		.selected = view->help ? G_MAXUINT : find_selected(view, body),
		.footer = view->help	 ? FOOTER_HELP
			  : view->paused ? FOOTER_PAUSED
					 : FOOTER,
	};

	top_screen_draw(view->screen, &picture);
	top_line_free(titles);
}
