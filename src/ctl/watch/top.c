/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top - netns-ctl top: the running containers and their flows, live */
#include "src/ctl/watch/top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <langinfo.h>

#include "src/autoclose.h"
#include "src/ctl/top_options.h"
#include "src/ctl/watch/top_collector.h"
#include "src/ctl/watch/top_lines.h"
#include "src/ctl/watch/top_model.h"
#include "src/ctl/watch/top_view.h"
#include "src/failure.h"
#include "src/state_dir.h"

/*
 * How it works
 *
 * Every --delay all containers are looked at, in the collector's threads; what they bring goes into
 * the model, and the view draws that. While some have not answered yet the picture waits for them a
 * little, so that it does not change piece by piece.
 */

/* So long a picture waits for the slow ones, in microseconds. */
#define PICTURE_PATIENCE (G_TIME_SPAN_MILLISECOND * 200)

/* Of a line of --batch, which may be as long as it likes. */
#define BATCH_WIDTH 160

struct top {
	struct top_options options;
	struct top_model model;
	struct top_collector *collector;
	struct top_view *view; /* NULL with --batch */
	int signals;	       /* signalfd(2) */
	gint64 next_look;      /* of g_get_monotonic_time() */
	gint64 dirty_since;    /* the model has changed; 0: it is drawn */
	bool ends;
};

/* --- looking --- */

static void drop_ended(struct top *top, const GPtrArray *names)
{
	for (unsigned i = top->model.containers->len; i-- > 0;) {
		const struct top_container *container = top->model.containers->pdata[i];
		if (!g_ptr_array_find_with_equal_func((GPtrArray *)names, container->sample->name,
						      g_str_equal, NULL))
			top_model_drop(&top->model, container->sample->name);
	}
}

static bool look(struct top *top, GError **error)
{
	g_autoptr(GPtrArray) names = state_dir_list(error);

	if (!names)
		return false;
	drop_ended(top, names);
	for (unsigned i = 0; i < names->len; i++) {
		const struct top_container *known = top_model_find(&top->model, names->pdata[i]);
		top_collector_ask(top->collector, names->pdata[i],
				  top->options.batch || (known && known->is_open));
	}
	top->next_look = g_get_monotonic_time() + top->options.delay;
	if (!top->dirty_since)
		top->dirty_since = g_get_monotonic_time();
	return true;
}

static void take_results(struct top *top)
{
	struct top_result *result;

	while ((result = top_collector_take(top->collector))) {
		if (result->sample)
			top_model_take(&top->model, g_steal_pointer(&result->sample));
		else
			top_model_drop(&top->model, result->name);
		top_result_free(result);
	}
	top_model_sort(&top->model, top->model.sort);
}

/* --- signals --- */

/* Before there are threads, which then have them blocked, too. */
static bool watch_signals(struct top *top, GError **error)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	top->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return top->signals >= 0 || failure_errno(error, "watch signals");
}

static void take_signals(struct top *top)
{
	struct signalfd_siginfo info;

	while (read(top->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGWINCH)
			top->ends = true;
		else if (top->view)
			top_view_resize(top->view);
	}
}

/* Waits until `until`, or something happens; and takes what has. */
static void wait_and_take(struct top *top, gint64 until)
{
	enum { SIGNALS, RESULTS, KEYS, N_FDS };
	struct pollfd fds[N_FDS] = {
		[SIGNALS] = {.fd = top->signals, .events = POLLIN},
		[RESULTS] = {.fd = top_collector_fd(top->collector), .events = POLLIN},
		[KEYS] = {.fd = top->view ? STDIN_FILENO : -1, .events = POLLIN},
	};
	gint64 left = (until - g_get_monotonic_time() + 999) / 1000;

	if (poll(fds, N_FDS, (int)CLAMP(left, 0, G_MAXINT)) < 0)
		return;
	if (fds[SIGNALS].revents)
		take_signals(top);
	if (fds[RESULTS].revents)
		take_results(top);
	/* The terminal has gone. */
	if (fds[KEYS].revents & (POLLERR | POLLHUP | POLLNVAL))
		top->ends = true;
}

/* --- on the terminal --- */

static void take_keys(struct top *top)
{
	enum top_wish wish = top_view_take_keys(top->view, &top->model);

	if (wish == TOP_WISH_LOOK)
		top->next_look = 0;
	if (wish == TOP_WISH_QUIT)
		top->ends = true;
}

static bool is_time_to_draw(const struct top *top)
{
	return top->dirty_since && (!top_collector_is_busy(top->collector) ||
				    g_get_monotonic_time() >= top->dirty_since + PICTURE_PATIENCE);
}

static bool run_live(struct top *top, GError **error)
{
	guint64 shown = 0;

	top->view = top_view_new(error);
	if (!top->view)
		return false;
	while (!top->ends && shown < top->options.iterations) {
		gint64 now = g_get_monotonic_time();
		if (now >= top->next_look && !top->view->paused && !look(top, error))
			return false;
		if (is_time_to_draw(top)) {
			top_view_draw(top->view, &top->model);
			top->dirty_since = 0;
			shown++;
		}
		gint64 until =
			top->dirty_since ? top->dirty_since + PICTURE_PATIENCE : top->next_look;
		wait_and_take(top, top->view->paused ? G_MAXINT64 / 2 : until);
		take_keys(top);
		/* Keys and sizes are seen at once. */
		top_view_draw(top->view, &top->model);
	}
	return true;
}

/* --- as text --- */

static void print_lines(const GPtrArray *lines)
{
	for (unsigned i = 0; i < lines->len; i++) {
		g_autofree char *text = top_line_text(lines->pdata[i]);
		puts(text);
	}
}

static void print_picture(struct top *top)
{
	const struct top_layout layout = {
		.width = BATCH_WIDTH,
		.utf8 = g_str_equal(nl_langinfo(CODESET), "UTF-8"),
	};
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *clock = g_date_time_format(now, "%H:%M:%S");
	g_autoptr(GPtrArray) header = top_lines_header(&top->model, &layout, clock);
	g_autoptr(GPtrArray) body = top_lines_body(&top->model, &layout);
	struct top_line *titles = top_lines_titles(&top->model, &layout);
	g_autofree char *title_text = top_line_text(titles);

	print_lines(header);
	printf("\n%s\n", title_text);
	print_lines(body);
	top_line_free(titles);
}

static void open_all(struct top *top)
{
	for (unsigned i = 0; i < top->model.containers->len; i++)
		((struct top_container *)top->model.containers->pdata[i])->is_open = true;
}

/* A look at all of them, and what each answers. */
static bool look_and_wait(struct top *top, GError **error)
{
	if (!look(top, error))
		return false;
	while (!top->ends && top_collector_is_busy(top->collector))
		wait_and_take(top, G_MAXINT64 / 2);
	return true;
}

static bool run_batch(struct top *top, GError **error)
{
	/* The first picture has rates, too. */
	if (!look_and_wait(top, error))
		return false;
	for (guint64 i = 0; !top->ends && i < top->options.iterations; i++) {
		while (!top->ends && g_get_monotonic_time() < top->next_look)
			wait_and_take(top, top->next_look);
		if (top->ends)
			break;
		if (!look_and_wait(top, error))
			return false;
		open_all(top);
		if (i > 0)
			putchar('\n');
		print_picture(top);
		if (fflush(stdout) != 0)
			return failure_errno(error, "write to standard output");
	}
	return true;
}

bool top_run(const struct ctl_request *request, GError **error)
{
	struct top top = {.signals = -1};
	bool succeeded = false;

	if (!top_options_parse(request, &top.options, error))
		return false;
	top_model_init(&top.model);
	if (watch_signals(&top, error) && (top.collector = top_collector_new(error)))
		succeeded = top.options.batch ? run_batch(&top, error) : run_live(&top, error);
	top_view_free(top.view);
	top_collector_free(top.collector);
	top_model_done(&top.model);
	close_fd(&top.signals);
	return succeeded;
}
