/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_lines - what netns-ctl top shows, as lines of styled text */
#include "src/ctl/watch/top_lines.h"

#include <string.h>

#include "src/ctl/watch/top_text.h"

/* Widths of columns. */
#define NAME_WIDTH_MIN 8u
#define NAME_WIDTH_MAX 24u
#define HISTORY_MIN    8u
#define REMOTE_MIN     16u
#define REMOTE_MAX     48u
#define PROCESS	       18u
#define WIDE_ENOUGH    100u /* for more than the least */
#define FLOW_COLUMNS   55u  /* of a flow, but remote end and process */

/* Flows of one container; the rest is counted. */
#define FLOW_LINES_MAX 500u

/* A column of containers. */
struct column {
	const char *title;
	unsigned width;
	bool align_right;
	enum top_style style;
	int sort; /* enum top_sort; -1: not sorted by */
};

enum { NAME, LINK, UPTIME, UP, DOWN, HISTORY, FLOWS, CPU, MEMORY, COMMAND, N_COLUMNS };

static const struct column columns[N_COLUMNS] = {
	[NAME] = {"NAME", NAME_WIDTH_MIN, false, TOP_STYLE_NAME, TOP_SORT_NAME},
	[LINK] = {"LINK", 7, false, TOP_STYLE_DIM, -1},
	[UPTIME] = {"UPTIME", 8, true, TOP_STYLE_NORMAL, TOP_SORT_AGE},
	[UP] = {"UP/s", 6, true, TOP_STYLE_UP, TOP_SORT_RATE},
	[DOWN] = {"DOWN/s", 6, true, TOP_STYLE_DOWN, TOP_SORT_RATE},
	[HISTORY] = {"", TOP_HISTORY, false, TOP_STYLE_HISTORY, -1},
	[FLOWS] = {"FLOWS", 6, true, TOP_STYLE_NORMAL, TOP_SORT_FLOWS},
	[CPU] = {"CPU%", 5, true, TOP_STYLE_NORMAL, TOP_SORT_CPU},
	[MEMORY] = {"MEM", 5, true, TOP_STYLE_NORMAL, TOP_SORT_MEMORY},
	[COMMAND] = {"COMMAND", 0, false, TOP_STYLE_DIM, -1},
};

static void clear_cell(gpointer data)
{
	g_free(((struct top_cell *)data)->text);
}

static struct top_line *new_line(const char *container, guint64 flow)
{
	struct top_line *line = g_new(struct top_line, 1);

	*line = (struct top_line){g_array_new(FALSE, FALSE, sizeof(struct top_cell)), container,
				  flow};
	g_array_set_clear_func(line->cells, clear_cell);
	return line;
}

void top_line_free(struct top_line *line)
{
	g_array_unref(line->cells);
	g_free(line);
}

static GPtrArray *new_lines(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)top_line_free);
}

/* text becomes the cell's. */
static void add_cell(struct top_line *line, enum top_style style, char *text)
{
	const struct top_cell cell = {text, style};

	g_array_append_val(line->cells, cell);
}

char *top_line_text(const struct top_line *line)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < line->cells->len; i++) {
		g_string_append(text, i ? " " : "");
		g_string_append(text, g_array_index(line->cells, struct top_cell, i).text);
	}
	return g_strchomp(g_string_free(text, FALSE));
}

/* --- containers --- */

static unsigned longest_name(const struct top_model *model)
{
	unsigned width = NAME_WIDTH_MIN;

	for (unsigned i = 0; i < model->containers->len; i++) {
		const struct top_container *container = model->containers->pdata[i];
		/* And the mark in front of it. */
		width = MAX(width, (unsigned)strlen(container->sample->name) + 2);
	}
	return MIN(width, NAME_WIDTH_MAX);
}

static void measure(const struct top_model *model, const struct top_layout *layout,
		    unsigned widths[N_COLUMNS])
{
	unsigned used = N_COLUMNS - 1;

	for (size_t i = 0; i < N_COLUMNS; i++)
		widths[i] = columns[i].width;
	widths[NAME] = longest_name(model);
	if (layout->width < WIDE_ENOUGH)
		widths[HISTORY] = HISTORY_MIN;
	for (size_t i = 0; i < COMMAND; i++)
		used += widths[i];
	widths[COMMAND] = layout->width > used ? layout->width - used : 0;
}

static char *name_text(const struct top_container *container, const struct top_layout *layout)
{
	const char *mark =
		container->is_open ? (layout->utf8 ? "▾" : "-") : (layout->utf8 ? "▸" : "+");

	return g_strdup_printf("%s %s", mark, container->sample->name);
}

static char *rate_text(const struct top_container *container, double rate)
{
	bool is_known = container->has_rates && container->sample->has_traffic;

	return is_known ? top_text_bytes(rate) : g_strdup("-");
}

static char *flows_text(const struct top_sample *sample)
{
	return sample->n_flows < 0 ? g_strdup("?")
				   : g_strdup_printf("%" G_GINT64_FORMAT, sample->n_flows);
}

static char *column_text(const struct top_container *container, const struct top_layout *layout,
			 unsigned column, unsigned width)
{
	const struct top_sample *sample = container->sample;
	unsigned n_shown = MIN(width, TOP_HISTORY);

	switch (column) {
	case NAME:
		return name_text(container, layout);
	case LINK:
		return g_strdup(sample->link);
	case UPTIME:
		return sample->age < 0 ? g_strdup("-") : top_text_age((double)sample->age);
	case UP:
		return rate_text(container, container->up_rate);
	case DOWN:
		return rate_text(container, container->down_rate);
	case HISTORY:
		return top_text_sparkline(container->history + TOP_HISTORY - n_shown, n_shown,
					  layout->utf8);
	case FLOWS:
		return flows_text(sample);
	case CPU:
		return container->has_rates && sample->has_processes
			       ? g_strdup_printf("%.1f", container->cpu * 100)
			       : g_strdup("-");
	case MEMORY:
		return sample->has_processes ? top_text_bytes((double)sample->memory)
					     : g_strdup("-");
	default:
		return g_strdup(sample->command);
	}
}

static struct top_line *container_line(const struct top_model *model,
				       const struct top_container *container,
				       const struct top_layout *layout)
{
	struct top_line *line = new_line(container->sample->name, 0);
	unsigned widths[N_COLUMNS];

	measure(model, layout, widths);
	for (unsigned i = 0; i < N_COLUMNS; i++) {
		g_autofree char *text = column_text(container, layout, i, widths[i]);
		bool is_alarm = i == FLOWS && container->sample->n_flows < 0;
		add_cell(line, is_alarm ? TOP_STYLE_ALARM : columns[i].style,
			 top_text_fit(text, widths[i], columns[i].align_right, layout->utf8));
	}
	return line;
}

struct top_line *top_lines_titles(const struct top_model *model, const struct top_layout *layout)
{
	struct top_line *line = new_line(NULL, 0);
	unsigned widths[N_COLUMNS];

	measure(model, layout, widths);
	for (unsigned i = 0; i < N_COLUMNS; i++) {
		bool is_sorted = columns[i].sort == (int)model->sort;
		g_autofree char *title = g_strconcat(i == NAME ? "  " : "", columns[i].title, NULL);
		add_cell(line, is_sorted ? TOP_STYLE_SORTED : TOP_STYLE_TITLE,
			 top_text_fit(title, widths[i], columns[i].align_right, layout->utf8));
	}
	return line;
}

/* --- flows --- */

static const char *arrow(const struct top_flow *flow, const struct top_layout *layout)
{
	if (layout->utf8)
		return flow->is_incoming ? "← " : "→ ";
	return flow->is_incoming ? "<-" : "->";
}

static void add_fitted(struct top_line *line, const struct top_layout *layout, enum top_style style,
		       int width, const char *text)
{
	bool align_right = width < 0;
	unsigned columns_wide = (unsigned)(align_right ? -width : width);

	add_cell(line, style, top_text_fit(text, columns_wide, align_right, layout->utf8));
}

static struct top_line *flow_line(const struct top_container *container,
				  const struct top_flow *flow, const struct top_layout *layout)
{
	struct top_line *line = new_line(container->sample->name, flow->id);
	unsigned process = layout->width >= WIDE_ENOUGH ? PROCESS : 0;
	unsigned used = FLOW_COLUMNS + process;
	unsigned remote = layout->width > used ? layout->width - used : 0;
	g_autofree char *protocol = g_strconcat("  ", flow->protocol, NULL);
	g_autofree char *up = flow->has_rates ? top_text_bytes(flow->up_rate) : g_strdup("-");
	g_autofree char *down = flow->has_rates ? top_text_bytes(flow->down_rate) : g_strdup("-");
	g_autofree char *age = top_text_age(flow->age);

	add_fitted(line, layout, TOP_STYLE_DIM, 6, protocol);
	add_fitted(line, layout, TOP_STYLE_NORMAL, 6, flow->local);
	add_fitted(line, layout, TOP_STYLE_DIM, 2, arrow(flow, layout));
	add_fitted(line, layout, TOP_STYLE_NORMAL, (int)CLAMP(remote, REMOTE_MIN, REMOTE_MAX),
		   flow->remote);
	add_fitted(line, layout, TOP_STYLE_UP, -6, up);
	add_fitted(line, layout, TOP_STYLE_DOWN, -6, down);
	add_fitted(line, layout, TOP_STYLE_DIM, 11, flow->state);
	add_fitted(line, layout, TOP_STYLE_NORMAL, -8, age);
	if (process)
		add_fitted(line, layout, TOP_STYLE_DIM, (int)process, flow->process);
	return line;
}

static void add_note(GPtrArray *lines, const struct top_container *container,
		     const struct top_layout *layout, enum top_style style, const char *text)
{
	struct top_line *line = new_line(container->sample->name, 0);

	add_cell(line, style, top_text_fit(text, layout->width, false, layout->utf8));
	g_ptr_array_add(lines, line);
}

static void add_flows(GPtrArray *lines, const struct top_container *container,
		      const struct top_layout *layout)
{
	const struct top_sample *sample = container->sample;

	unsigned n_shown = MIN(sample->flows->len, FLOW_LINES_MAX);

	for (unsigned i = 0; i < n_shown; i++)
		g_ptr_array_add(lines, flow_line(container, sample->flows->pdata[i], layout));
	if (sample->n_flows < 0) {
		add_note(lines, container, layout, TOP_STYLE_ALARM,
			 "    its forwarder does not answer");
	} else if (sample->flows->len > n_shown) {
		g_autofree char *note =
			g_strdup_printf("    and %u more", sample->flows->len - n_shown);
		add_note(lines, container, layout, TOP_STYLE_DIM, note);
	}
}

GPtrArray *top_lines_body(const struct top_model *model, const struct top_layout *layout)
{
	GPtrArray *lines = new_lines();

	for (unsigned i = 0; i < model->containers->len; i++) {
		const struct top_container *container = model->containers->pdata[i];
		g_ptr_array_add(lines, container_line(model, container, layout));
		if (container->is_open)
			add_flows(lines, container, layout);
	}
	return lines;
}

/* --- around them --- */

static const char *plural(guint64 count)
{
	return count == 1 ? "" : "s";
}

GPtrArray *top_lines_header(const struct top_model *model, const struct top_layout *layout,
			    const char *clock)
{
	struct top_totals totals = top_model_totals(model);
	struct top_line *first = new_line(NULL, 0), *second = new_line(NULL, 0);
	g_autofree char *up = top_text_bytes(totals.up_rate);
	g_autofree char *down = top_text_bytes(totals.down_rate);
	g_autofree char *memory = top_text_bytes((double)totals.memory);
	GPtrArray *lines = new_lines();

	add_cell(first, TOP_STYLE_NAME, g_strdup("netns-ctl top"));
	add_cell(first, TOP_STYLE_DIM, g_strdup(clock));
	add_cell(first, TOP_STYLE_NORMAL,
		 g_strdup_printf("  %u container%s, %" G_GUINT64_FORMAT " flow%s, %u process%s",
				 totals.n_containers, plural(totals.n_containers), totals.n_flows,
				 plural(totals.n_flows), totals.n_processes,
				 totals.n_processes == 1 ? "" : "es"));
	add_cell(second, TOP_STYLE_NORMAL, g_strdup("up"));
	add_cell(second, TOP_STYLE_UP, g_strdup_printf("%5s/s", up));
	add_cell(second, TOP_STYLE_NORMAL, g_strdup(" down"));
	add_cell(second, TOP_STYLE_DOWN, g_strdup_printf("%5s/s", down));
	add_cell(second, TOP_STYLE_HISTORY,
		 top_text_sparkline(totals.history, TOP_HISTORY, layout->utf8));
	add_cell(second, TOP_STYLE_NORMAL,
		 g_strdup_printf(" cpu %.1f%%  memory %s", totals.cpu * 100, memory));
	g_ptr_array_add(lines, first);
	g_ptr_array_add(lines, second);
	return lines;
}

GPtrArray *top_lines_help(const struct top_layout *layout)
{
	static const char *const texts[] = {
		"  Up, Down, k, j    select a line; PgUp, PgDn, Home, End go further",
		"  Enter, Space      show the flows of a container, or hide them",
		"  a                 show the flows of all containers, or hide them",
		"  r  b  f           sort by rate, bytes, number of flows",
		"  n  c  m  u        sort by name, processor, memory, uptime",
		"  p                 pause",
		"  h, ?              this help",
		"  q, Ctrl-C         leave",
		"",
		"UP is what a container sends, DOWN what it gets, in bytes at its interface; of a",
		"flow, bytes of payload. CPU% is of one processor. MEM is resident memory.",
	};
	GPtrArray *lines = new_lines();

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct top_line *line = new_line(NULL, 0);
		add_fitted(line, layout, TOP_STYLE_NORMAL, (int)layout->width, texts[i]);
		g_ptr_array_add(lines, line);
	}
	return lines;
}
