/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_tty_relay - a user's terminal, a command's pty, and what goes between them */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib-unix.h>

#include "src/autoclose.h"
#include "src/tty_relay.h"
#include "tests/unit/descriptors.h"
#include "tests/unit/pty_pair.h"

#define PATIENCE_S 20

/* The user sits at user.master; the command runs on command.slave. */
struct fixture {
	struct pty_pair user, command;
	struct tty_relay *relay;
	unsigned n_open; /* descriptors, before */
	bool ended;
};

static void start(struct fixture *f, int input, int output)
{
	g_autoptr(GError) error = NULL;

	f->command = pty_pair_open();
	f->relay = tty_relay_new(f->command.master, input, output, &error);
	g_assert_no_error(error);
	f->ended = false;
}

static void fixture_init(struct fixture *f)
{
	const struct winsize size = {.ws_row = 24, .ws_col = 80};

	g_main_context_iteration(NULL, FALSE); /* opens what it needs */
	f->n_open = descriptors_count();
	f->user = pty_pair_open();
	g_assert_cmpint(ioctl(f->user.master, TIOCSWINSZ, &size), ==, 0);
}

static void fixture_done(struct fixture *f)
{
	tty_relay_free(f->relay);
	close(f->user.master);
	close_fd(&f->user.slave);
	close_fd(&f->command.slave);
	g_assert_cmpuint(descriptors_count(), ==, f->n_open);
}

static void on_end(void *data)
{
	struct fixture *f = data;

	g_assert_false(f->ended);
	f->ended = true;
}

static gboolean on_too_late(gpointer data G_GNUC_UNUSED)
{
	g_error("nothing happened for %d seconds", PATIENCE_S);
	return G_SOURCE_REMOVE;
}

static void run_once(void)
{
	guint timer = g_timeout_add_seconds(PATIENCE_S, on_too_late, NULL);

	g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
}

static void run_to_end(struct fixture *f)
{
	tty_relay_finish(f->relay, on_end, f);
	while (!f->ended)
		run_once();
}

static gboolean on_readable(gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED,
			    gpointer data G_GNUC_UNUSED)
{
	return G_SOURCE_CONTINUE;
}

/* Lets the relay run until size bytes have come out at fd. */
static void read_exactly(int fd, char *buffer, size_t size)
{
	guint source = g_unix_fd_add(fd, G_IO_IN, on_readable, NULL);
	struct pollfd entry = {.fd = fd, .events = POLLIN};
	size_t got = 0;

	while (got < size) {
		run_once();
		if (poll(&entry, 1, 0) == 0)
			continue;
		ssize_t n = read(fd, buffer + got, size - got);
		g_assert_cmpint(n, >, 0);
		got += (size_t)n;
	}
	g_source_remove(source);
}

static void expect(int fd, const char *text)
{
	g_autofree char *got = g_malloc0(strlen(text) + 1);

	read_exactly(fd, got, strlen(text));
	g_assert_cmpstr(got, ==, text);
}

static void send_text(int fd, const char *text)
{
	g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
}

static void test_both_ways(void)
{
	struct fixture f;

	fixture_init(&f);
	start(&f, f.user.slave, f.user.slave);
	pty_pair_assert_raw(f.user.slave, true);
	pty_pair_assert_raw(f.command.slave, false);
	send_text(f.user.master, "typed\r");
	expect(f.command.slave, "typed\n");
	/* The echo is that of the command's terminal alone. */
	expect(f.user.master, "typed\r\n");
	send_text(f.command.slave, "shown\n");
	expect(f.user.master, "shown\r\n");
	close_fd(&f.command.slave);
	run_to_end(&f);
	pty_pair_assert_raw(f.user.slave, false);
	fixture_done(&f);
}

static void assert_size(int fd, unsigned rows, unsigned columns)
{
	struct winsize size;

	g_assert_cmpint(ioctl(fd, TIOCGWINSZ, &size), ==, 0);
	g_assert_cmpuint(size.ws_row, ==, rows);
	g_assert_cmpuint(size.ws_col, ==, columns);
}

static void test_size(void)
{
	const struct winsize size = {.ws_row = 50, .ws_col = 132};
	struct fixture f;

	fixture_init(&f);
	start(&f, f.user.slave, f.user.slave);
	assert_size(f.command.slave, 24, 80);
	g_assert_cmpint(ioctl(f.user.master, TIOCSWINSZ, &size), ==, 0);
	tty_relay_take_signal(f.relay, SIGWINCH);
	assert_size(f.command.slave, 50, 132);
	fixture_done(&f);
}

static void test_no_input(void)
{
	struct fixture f;
	int out[2];

	fixture_init(&f);
	g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
	start(&f, -1, out[1]);
	send_text(f.command.slave, "shown\n");
	expect(out[0], "shown\r\n");
	close(out[0]);
	close(out[1]);
	fixture_done(&f);
}

static void test_output_thrown_away(void)
{
	struct fixture f;
	g_autofree char *text = g_strnfill(512 * 1024, 'x');

	fixture_init(&f);
	start(&f, -1, -1);
	fcntl(f.command.slave, F_SETFL, O_RDWR | O_NONBLOCK);
	for (size_t sent = 0; sent < 512 * 1024;) {
		ssize_t size = write(f.command.slave, text + sent, 512 * 1024 - sent);
		if (size < 0)
			run_once();
		else
			sent += (size_t)size;
	}
	close_fd(&f.command.slave);
	run_to_end(&f);
	fixture_done(&f);
}

/* `echo hi | netns-run --tty / cat` must end, with or without the newline. */
static void check_input_ends(const char *text, const char *line)
{
	struct fixture f;
	char byte;
	int in[2];

	fixture_init(&f);
	g_assert_cmpint(pipe2(in, O_CLOEXEC), ==, 0);
	start(&f, in[0], -1);
	send_text(in[1], text);
	close(in[1]);
	expect(f.command.slave, line);
	for (int i = 0; i < 3; i++) {
		/* Once would do for cat, but the end of a file stays: also for the next reader. */
		struct pollfd entry = {.fd = f.command.slave, .events = POLLIN};
		while (poll(&entry, 1, 0) == 0)
			run_once();
		g_assert_cmpint(read(f.command.slave, &byte, 1), ==, 0);
	}
	close(in[0]);
	fixture_done(&f);
}

static void test_input_ends(void)
{
	check_input_ends("hi\n", "hi\n");
	check_input_ends("hi", "hi");
	check_input_ends("", "");
}

/* Reads what is there for the user, until the end of the relay, and counts. */
static size_t count_until_end(struct fixture *f, int fd)
{
	char buffer[4096];
	size_t total = 0;
	guint source = g_unix_fd_add(fd, G_IO_IN, on_readable, NULL);

	while (!f->ended) {
		struct pollfd entry = {.fd = fd, .events = POLLIN};
		run_once();
		while (poll(&entry, 1, 0) == 1)
			total += (size_t)read(fd, buffer, sizeof(buffer));
	}
	g_source_remove(source);
	return total;
}

static void test_last_output(void)
{
	g_autofree char *text = g_strnfill(3000, 'x');
	struct fixture f;
	int out[2];

	fixture_init(&f);
	g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
	start(&f, -1, out[1]);
	send_text(f.command.slave, text);
	close_fd(&f.command.slave);
	tty_relay_finish(f.relay, on_end, &f);
	g_assert_cmpuint(count_until_end(&f, out[0]), ==, 3000);
	close(out[0]);
	close(out[1]);
	fixture_done(&f);
}

/* A process in the background has the pty open, and says nothing. */
static void test_slave_stays_open(void)
{
	struct fixture f;

	fixture_init(&f);
	start(&f, f.user.slave, f.user.slave);
	send_text(f.command.slave, "bye");
	run_to_end(&f);
	expect(f.user.master, "bye");
	fixture_done(&f);
}

static gpointer chatter(gpointer data)
{
	const char text[] = "again and again and again\n";

	while (write(*(int *)data, text, strlen(text)) > 0)
		;
	return NULL;
}

/* A process in the background never stops talking. */
static void test_slave_goes_on(void)
{
	struct fixture f;
	int out[2];

	signal(SIGHUP, SIG_IGN);
	fixture_init(&f);
	g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
	start(&f, -1, out[1]);
	g_autoptr(GThread) thread = g_thread_new("chatter", chatter, &f.command.slave);
	expect(out[0], "again");
	tty_relay_finish(f.relay, on_end, &f);
	g_assert_cmpuint(count_until_end(&f, out[0]), <, 1024 * 1024);
	/* The thread ends by the hang-up. */
	g_clear_pointer(&f.relay, tty_relay_free);
	g_thread_join(g_steal_pointer(&thread));
	close(out[0]);
	close(out[1]);
	fixture_done(&f);
}

/* Nobody reads the output: the command has to wait, and then all of it comes. */
static void test_back_pressure(void)
{
	const size_t wanted = 1024 * 1024;
	g_autofree char *text = g_strnfill(wanted, 'x');
	g_autofree char *got = g_malloc(wanted);
	size_t sent = 0;
	struct fixture f;
	int out[2];

	fixture_init(&f);
	g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
	start(&f, -1, out[1]);
	fcntl(f.command.slave, F_SETFL, O_RDWR | O_NONBLOCK);
	for (int quiet = 0; quiet < 100; quiet++) {
		ssize_t size = write(f.command.slave, text + sent, wanted - sent);
		sent += size > 0 ? (size_t)size : 0;
		quiet = size > 0 || g_main_context_iteration(NULL, FALSE) ? 0 : quiet;
	}
	g_assert_cmpuint(sent, <, wanted / 2);
	read_exactly(out[0], got, sent);
	g_assert_true(memcmp(got, text, sent) == 0);
	close(out[0]);
	close(out[1]);
	fixture_done(&f);
}

/* What reads the output has gone: the command's terminal is gone as well. */
static void test_output_closed(void)
{
	struct fixture f;
	int out[2];

	signal(SIGPIPE, SIG_IGN);
	fixture_init(&f);
	g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
	start(&f, -1, out[1]);
	close(out[0]);
	send_text(f.command.slave, "into the void");
	struct pollfd entry = {.fd = f.command.slave, .events = POLLIN};
	while (!(entry.revents & POLLHUP)) {
		run_once();
		poll(&entry, 1, 0);
	}
	run_to_end(&f);
	close(out[1]);
	fixture_done(&f);
}

/* Our own end must not make the caller's descriptors non-blocking. */
static void test_callers_descriptors(void)
{
	struct fixture f;

	fixture_init(&f);
	start(&f, f.user.slave, f.user.slave);
	g_assert_cmpint(fcntl(f.user.slave, F_GETFL) & O_NONBLOCK, ==, 0);
	fixture_done(&f);
}

static void test_socket(void)
{
	struct fixture f;
	int pair[2];

	fixture_init(&f);
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
	start(&f, pair[0], pair[0]);
	send_text(pair[1], "a\n");
	expect(f.command.slave, "a\n");
	expect(pair[1], "a\r\n");
	close(pair[0]);
	close(pair[1]);
	fixture_done(&f);
}

/* SIGSTOP cannot be seen from inside: a child does it, and its parent looks and continues it. */
static void test_suspend(void)
{
	struct fixture f;
	int wait_status;

	fixture_init(&f);
	pid_t pid = fork();
	if (pid == 0) {
		start(&f, f.user.slave, f.user.slave);
		tty_relay_take_signal(f.relay, SIGTSTP);
		pty_pair_assert_raw(f.user.slave, true);
		tty_relay_free(f.relay);
		_exit(0);
	}
	g_assert_cmpint(waitpid(pid, &wait_status, WUNTRACED), ==, pid);
	g_assert_true(WIFSTOPPED(wait_status));
	pty_pair_assert_raw(f.user.slave, false);
	kill(pid, SIGCONT);
	g_assert_cmpint(waitpid(pid, &wait_status, 0), ==, pid);
	g_assert_cmpint(wait_status, ==, 0);
	f.relay = NULL;
	f.command.slave = -1;
	fixture_done(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tty-relay/both-ways", test_both_ways);
	g_test_add_func("/tty-relay/size", test_size);
	g_test_add_func("/tty-relay/no-input", test_no_input);
	g_test_add_func("/tty-relay/output-thrown-away", test_output_thrown_away);
	g_test_add_func("/tty-relay/input-ends", test_input_ends);
	g_test_add_func("/tty-relay/last-output", test_last_output);
	g_test_add_func("/tty-relay/slave-stays-open", test_slave_stays_open);
	g_test_add_func("/tty-relay/slave-goes-on", test_slave_goes_on);
	g_test_add_func("/tty-relay/back-pressure", test_back_pressure);
	g_test_add_func("/tty-relay/output-closed", test_output_closed);
	g_test_add_func("/tty-relay/callers-descriptors", test_callers_descriptors);
	g_test_add_func("/tty-relay/socket", test_socket);
	g_test_add_func("/tty-relay/suspend", test_suspend);
	return g_test_run();
}
