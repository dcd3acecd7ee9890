/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_screen - the terminal of netns-ctl top: the only place that knows ncurses */
#include "src/ctl/watch/top_screen.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NCURSES_NOMACROS
#include <curses.h>

#include "src/ctl/watch/top_text.h"
#include "src/failure.h"

/* Header, titles and footer. */
#define FIXED_LINES 5
#define HEADER_ROOM 3

/* Until an escape character is a key by itself, in milliseconds. */
#define ESCAPE_DELAY_MS 25

enum pair { PAIR_UP = 1, PAIR_DOWN, PAIR_HISTORY, PAIR_ALARM };

struct top_screen {
	SCREEN *terminal;
	bool utf8, has_colors;
	unsigned first; /* line of the body that is on top */
};

static bool check_streams(GError **error)
{
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return true;
	failure_set(error, ENOTTY, "print it to anything: netns-ctl top --batch",
		    "standard input and output are no terminal");
	return false;
}

static void start_colors(struct top_screen *screen)
{
	screen->has_colors = has_colors() && start_color() == OK;
	if (!screen->has_colors)
		return;
	use_default_colors();
	init_pair(PAIR_UP, COLOR_GREEN, -1);
	init_pair(PAIR_DOWN, COLOR_CYAN, -1);
	init_pair(PAIR_HISTORY, COLOR_BLUE, -1);
	init_pair(PAIR_ALARM, COLOR_RED, -1);
}

struct top_screen *top_screen_new(GError **error)
{
	const char *type = g_getenv("TERM");

	if (!check_streams(error))
		return NULL;
	SCREEN *terminal = newterm(NULL, stdout, stdin);
	if (!terminal) {
		failure_set(error, ENOTSUP, "set TERM, or run netns-ctl top --batch",
			    "the terminal is of an unknown type '%s'", type ? type : "");
		return NULL;
	}
	struct top_screen *screen = g_new(struct top_screen, 1);
	*screen = (struct top_screen){
		.terminal = terminal,
		.utf8 = g_str_equal(nl_langinfo(CODESET), "UTF-8"),
	};
	set_escdelay(ESCAPE_DELAY_MS);
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	leaveok(stdscr, TRUE);
	curs_set(0);
	start_colors(screen);
	return screen;
}

void top_screen_free(struct top_screen *screen)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen->terminal);
	g_free(screen);
}

struct top_layout top_screen_layout(const struct top_screen *screen)
{
	return (struct top_layout){.width = (unsigned)getmaxx(stdscr), .utf8 = screen->utf8};
}

void top_screen_resize(struct top_screen *screen G_GNUC_UNUSED)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
	/* What the terminal made of the old picture is not known. */
	clearok(curscr, TRUE);
}

/* --- drawing --- */

static attr_t attributes(const struct top_screen *screen, enum top_style style)
{
	attr_t colored = screen->has_colors ? A_NORMAL : A_BOLD;

	switch (style) {
	case TOP_STYLE_NAME:
		return A_BOLD;
	case TOP_STYLE_UP:
		return screen->has_colors ? (attr_t)COLOR_PAIR(PAIR_UP) : A_NORMAL;
	case TOP_STYLE_DOWN:
		return screen->has_colors ? (attr_t)COLOR_PAIR(PAIR_DOWN) : A_NORMAL;
	case TOP_STYLE_HISTORY:
		return screen->has_colors ? (attr_t)COLOR_PAIR(PAIR_HISTORY) : A_NORMAL;
	case TOP_STYLE_ALARM:
		return colored | A_BOLD |
		       (screen->has_colors ? (attr_t)COLOR_PAIR(PAIR_ALARM) : A_NORMAL);
	case TOP_STYLE_DIM:
		return A_DIM;
	case TOP_STYLE_TITLE:
		return A_REVERSE;
	case TOP_STYLE_SORTED:
		return A_REVERSE | A_BOLD;
	default:
		return A_NORMAL;
	}
}

/* Cuts at the right edge. */
static void draw_text(int row, unsigned *column, const char *text, attr_t attribute, bool utf8)
{
	unsigned width = (unsigned)getmaxx(stdscr);
	unsigned room = width > *column ? width - *column : 0;
	unsigned wanted = top_text_width(text);
	g_autofree char *shown = wanted > room ? top_text_fit(text, room, false, utf8) : NULL;

	if (room == 0)
		return;
	attrset(attribute);
	mvaddstr(row, (int)*column, shown ? shown : text);
	*column += MIN(wanted, room);
}

/* extra: for the whole line. */
static void draw_line(const struct top_screen *screen, int row, const struct top_line *line,
		      attr_t extra)
{
	unsigned column = 0;

	for (unsigned i = 0; i < line->cells->len; i++) {
		const struct top_cell *cell = &g_array_index(line->cells, struct top_cell, i);
		/* Reversed, its peaks would be holes. */
		attr_t more = cell->style == TOP_STYLE_HISTORY ? A_NORMAL : extra;
		attr_t attribute = attributes(screen, cell->style) | more;
		bool is_title = cell->style == TOP_STYLE_TITLE || cell->style == TOP_STYLE_SORTED;
		if (i > 0)
			draw_text(row, &column, " ", extra | (is_title ? A_REVERSE : A_NORMAL),
				  screen->utf8);
		draw_text(row, &column, cell->text, attribute, screen->utf8);
	}
	attrset(extra);
	while (extra != A_NORMAL && column < (unsigned)getmaxx(stdscr))
		draw_text(row, &column, " ", extra, screen->utf8);
}

unsigned top_screen_page(const struct top_screen *screen G_GNUC_UNUSED)
{
	int rows = getmaxy(stdscr) - FIXED_LINES;

	return rows > 1 ? (unsigned)rows : 1;
}

/* The selected line stays in sight, and the screen full. */
static void scroll_to(struct top_screen *screen, unsigned selected, unsigned length)
{
	unsigned page = top_screen_page(screen);

	if (selected < length && selected < screen->first)
		screen->first = selected;
	if (selected < length && selected >= screen->first + page)
		screen->first = selected - page + 1;
	screen->first = MIN(screen->first, length > page ? length - page : 0);
}

static void draw_footer(const struct top_screen *screen, const char *footer)
{
	unsigned column = 0;

	draw_text(getmaxy(stdscr) - 1, &column, footer, A_DIM, screen->utf8);
}

void top_screen_draw(struct top_screen *screen, const struct top_picture *picture)
{
	unsigned page = top_screen_page(screen), length = picture->body->len;

	scroll_to(screen, picture->selected, length);
	erase();
	for (unsigned i = 0; i < picture->header->len; i++)
		draw_line(screen, (int)i, picture->header->pdata[i], A_NORMAL);
	if (picture->titles)
		draw_line(screen, HEADER_ROOM, picture->titles, A_REVERSE);
	for (unsigned i = 0; i < page && screen->first + i < length; i++) {
		bool is_selected = screen->first + i == picture->selected;
		draw_line(screen, (int)(HEADER_ROOM + 1 + i),
			  picture->body->pdata[screen->first + i],
			  is_selected ? A_REVERSE : A_NORMAL);
	}
	draw_footer(screen, picture->footer);
	/* ncurses sends the terminal what has changed only. */
	refresh();
}

int top_screen_key(struct top_screen *screen G_GNUC_UNUSED)
{
	int key = getch();

	switch (key) {
	case ERR:
		return TOP_KEY_NONE;
	case KEY_UP:
		return TOP_KEY_UP;
	case KEY_DOWN:
		return TOP_KEY_DOWN;
	case KEY_PPAGE:
		return TOP_KEY_PAGE_UP;
	case KEY_NPAGE:
		return TOP_KEY_PAGE_DOWN;
	case KEY_HOME:
		return TOP_KEY_HOME;
	case KEY_END:
		return TOP_KEY_END;
	case KEY_ENTER:
	case '\n':
	case '\r':
		return TOP_KEY_ENTER;
	default:
		return key > 0 && key < TOP_KEY_UP ? key : TOP_KEY_OTHER;
	}
}
