/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tty_relay - connects the user's terminal with the master of a pty on which a command runs */
#include "src/tty_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib-unix.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/raw_terminal.h"

#define FLOW_SIZE (16 * 1024)

/* Nothing to read for so long means that there is nothing more, in milliseconds. */
#define SILENCE_MS 100
/* More than the kernel keeps for a pty (TTYB_DEFAULT_MEM_LIMIT and the line discipline's page). */
#define PTY_CAPACITY (128 * 1024)

/* First and longest time between two end-of-file characters, in milliseconds. */
#define EOF_FIRST_MS   100
#define EOF_LONGEST_MS 5000

/* One direction. */
struct flow {
	struct tty_relay *relay;
	int from, to;	 /* -1: nothing comes; thrown away */
	guint source;	 /* waits for `to` while there are bytes, else for `from`; 0: for neither */
	bool is_writing; /* what source waits for */
	bool has_ended;	 /* nothing more will come */
	size_t start, end;
	char data[FLOW_SIZE];
};

struct tty_relay {
	int master;
	int slave;	   /* keeps the pty from ending while the command has it closed; or -1 */
	int input, output; /* our own, non-blocking where possible; or -1 */
	int sized;	   /* the terminal that has the size, the caller's; or -1 */
	struct raw_terminal terminal;
	struct flow typed, shown;
	char last_typed;
	guint eof_timer, eof_ms;
	bool is_finishing;
	size_t n_left; /* bytes that may still be read while finishing */
	guint silence; /* timer, while finishing */
	guint end_source;
	void (*on_end)(void *data);
	void *on_end_data;
};

static void remove_source(guint *source)
{
	if (*source)
		g_source_remove(*source);
	*source = 0;
}

static bool flow_is_empty(const struct flow *flow)
{
	return flow->start == flow->end;
}

/* --- the end of the command --- */

static gboolean on_idle_end(gpointer data)
{
	struct tty_relay *relay = data;

	relay->end_source = 0;
	relay->on_end(relay->on_end_data);
	return G_SOURCE_REMOVE;
}

static gboolean on_silence(gpointer data);

/* To be called whenever the flow to the output has moved. */
static void check_end(struct tty_relay *relay)
{
	if (!relay->is_finishing || relay->end_source)
		return;
	remove_source(&relay->silence);
	if (!flow_is_empty(&relay->shown))
		return;
	if (!relay->shown.has_ended) {
		relay->silence = g_timeout_add(SILENCE_MS, on_silence, relay);
		return;
	}
	raw_terminal_leave(&relay->terminal);
	/* Not from here: the owner may free us. */
	relay->end_source = g_idle_add(on_idle_end, relay);
}

static gboolean on_silence(gpointer data)
{
	struct tty_relay *relay = data;

	relay->silence = 0;
	remove_source(&relay->shown.source);
	relay->shown.has_ended = true;
	check_end(relay);
	return G_SOURCE_REMOVE;
}

/* --- the end of the input --- */

/* False when there is no such character. */
static bool type_eof(struct tty_relay *relay)
{
	struct termios modes;

	/* The kernel answers for the slave. */
	if (tcgetattr(relay->master, &modes) < 0 || modes.c_cc[VEOF] == _POSIX_VDISABLE)
		return false;
	/* Behind an unfinished line the first one only ends that. */
	const char text[] = {(char)modes.c_cc[VEOF], (char)modes.c_cc[VEOF]};
	bool is_unfinished =
		(modes.c_lflag & ICANON) && relay->last_typed != '\n' && relay->last_typed != '\r';
	if (write(relay->master, text, is_unfinished ? 2 : 1) > 0)
		relay->last_typed = '\n';
	return true;
}

static gboolean on_eof_timer(gpointer data)
{
	struct tty_relay *relay = data;

	relay->eof_timer = 0;
	if (!type_eof(relay))
		return G_SOURCE_REMOVE;
	relay->eof_timer = g_timeout_add(relay->eof_ms, on_eof_timer, relay);
	relay->eof_ms = MIN(2 * relay->eof_ms, EOF_LONGEST_MS);
	return G_SOURCE_REMOVE;
}

/* --- the bytes --- */

/* A blocking descriptor that can take something takes PIPE_BUF bytes; sockets can be asked. */
static ssize_t write_some(int fd, const char *data, size_t size)
{
	ssize_t sent = send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);

	return sent < 0 && errno == ENOTSOCK ? write(fd, data, MIN(size, PIPE_BUF)) : sent;
}

static void flow_read(struct flow *flow)
{
	struct tty_relay *relay = flow->relay;
	bool is_last = flow == &relay->shown && relay->is_finishing;
	size_t room = is_last ? MIN(relay->n_left, sizeof(flow->data)) : sizeof(flow->data);
	ssize_t size = read(flow->from, flow->data, room);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	flow->start = 0;
	flow->end = size > 0 ? (size_t)size : 0;
	flow->has_ended = size <= 0;
	if (is_last) {
		relay->n_left -= flow->end;
		flow->has_ended = flow->has_ended || relay->n_left == 0;
	}
	/* A terminal that ends has been hung up. */
	if (flow == &relay->typed && flow->has_ended && relay->terminal.fd < 0)
		on_eof_timer(relay);
	else if (flow == &relay->typed && !flow->has_ended)
		relay->last_typed = flow->data[flow->end - 1];
}

/* Whoever should read us is gone: so is the terminal of the command, which gets its SIGHUP. */
static void hang_up(struct tty_relay *relay)
{
	remove_source(&relay->typed.source);
	remove_source(&relay->shown.source);
	remove_source(&relay->eof_timer);
	relay->typed.has_ended = relay->shown.has_ended = true;
	close_fd(&relay->slave);
	close_fd(&relay->master);
}

static void flow_write(struct flow *flow)
{
	size_t size = flow->end - flow->start;
	ssize_t written =
		flow->to < 0 ? (ssize_t)size : write_some(flow->to, flow->data + flow->start, size);

	if (written < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	bool is_lost = written < 0 && (errno == EPIPE || errno == EIO || errno == ECONNRESET);
	/* What else a log file refuses, for want of space, is dropped. */
	flow->start += written < 0 ? size : (size_t)written;
	if (is_lost && flow == &flow->relay->shown)
		hang_up(flow->relay);
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer data);

static void flow_arm(struct flow *flow)
{
	bool writes = !flow_is_empty(flow);
	bool waits = writes || (!flow->has_ended && flow->from >= 0);

	if (flow->source && waits && flow->is_writing == writes)
		return;
	remove_source(&flow->source);
	if (!waits)
		return;
	flow->is_writing = writes;
	flow->source = writes ? g_unix_fd_add(flow->to, G_IO_OUT, on_ready, flow)
			      : g_unix_fd_add(flow->from, G_IO_IN, on_ready, flow);
}

static gboolean on_ready(gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct flow *flow = data;

	if (flow_is_empty(flow))
		flow_read(flow);
	if (!flow_is_empty(flow))
		flow_write(flow);
	flow_arm(flow);
	if (flow == &flow->relay->shown)
		check_end(flow->relay);
	return G_SOURCE_CONTINUE;
}

/* --- life --- */

/*
 * A terminal or pipe is opened anew: O_NONBLOCK on the caller's would be seen by all who share it.
 */
static int open_own(int fd, int flags, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	struct stat status;
	int own = -1;

	if (fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
		own = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0)
		own = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (own < 0)
		failure_errno(error, "open the input and output of the terminal");
	return own;
}

static int find_sized(int input, int output)
{
	const int fds[] = {input, output, STDERR_FILENO};

	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		if (isatty(fds[i]))
			return fds[i];
	return -1;
}

struct winsize tty_relay_find_size(int input, int output)
{
	int sized = find_sized(input, output);
	struct winsize size;

	return sized >= 0 && ioctl(sized, TIOCGWINSZ, &size) == 0 ? size : (struct winsize){0};
}

static void pass_size(struct tty_relay *relay)
{
	struct winsize size;

	if (relay->sized >= 0 && relay->master >= 0 && ioctl(relay->sized, TIOCGWINSZ, &size) == 0)
		ioctl(relay->master, TIOCSWINSZ, &size);
}

static bool open_ends(struct tty_relay *relay, int input, int output, GError **error)
{
	if (fcntl(relay->master, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return failure_errno(error, "use the command's terminal");
	if (input >= 0 && (relay->input = open_own(input, O_RDONLY, error)) < 0)
		return false;
	if (output >= 0 && (relay->output = open_own(output, O_WRONLY, error)) < 0)
		return false;
	return relay->input < 0 || !isatty(relay->input) ||
	       raw_terminal_start(&relay->terminal, relay->input, error);
}

struct tty_relay *tty_relay_new(int master, int input, int output, GError **error)
{
	struct tty_relay *relay = g_new0(struct tty_relay, 1);

	relay->master = master;
	relay->slave = relay->input = relay->output = -1;
	relay->last_typed = '\n';
	relay->eof_ms = EOF_FIRST_MS;
	raw_terminal_init(&relay->terminal);
	if (!open_ends(relay, input, output, error)) {
		relay->master = -1;
		tty_relay_free(relay);
		return NULL;
	}
	relay->slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	relay->sized = find_sized(input, output);
	pass_size(relay);
	relay->typed.relay = relay->shown.relay = relay;
	relay->typed.from = relay->input;
	relay->typed.to = relay->shown.from = master;
	relay->shown.to = relay->output;
	flow_arm(&relay->typed);
	flow_arm(&relay->shown);
	return relay;
}

void tty_relay_add_signals(sigset_t *set)
{
	sigaddset(set, SIGWINCH);
	sigaddset(set, SIGTSTP);
	sigaddset(set, SIGCONT);
}

void tty_relay_take_signal(struct tty_relay *relay, int signal_number)
{
	bool is_ours = signal_number == SIGTSTP || signal_number == SIGCONT;

	if (signal_number == SIGTSTP) {
		raw_terminal_leave(&relay->terminal);
		kill(getpid(), SIGSTOP);
	}
	if (is_ours && !relay->is_finishing)
		raw_terminal_enter(&relay->terminal);
	if (is_ours || signal_number == SIGWINCH)
		pass_size(relay);
}

void tty_relay_finish(struct tty_relay *relay, void (*on_end)(void *data), void *data)
{
	relay->on_end = on_end;
	relay->on_end_data = data;
	relay->is_finishing = true;
	relay->n_left = PTY_CAPACITY;
	relay->typed.has_ended = true;
	remove_source(&relay->typed.source);
	remove_source(&relay->eof_timer);
	close_fd(&relay->slave);
	check_end(relay);
}

void tty_relay_free(struct tty_relay *relay)
{
	if (!relay)
		return;
	hang_up(relay);
	remove_source(&relay->silence);
	remove_source(&relay->end_source);
	raw_terminal_done(&relay->terminal);
	close_fd(&relay->input);
	close_fd(&relay->output);
	g_free(relay);
}
