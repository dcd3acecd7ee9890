/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_fixture - a container whose launcher is a thread that follows a script */
#include "tests/unit/ctl_fixture.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/fdpass.h"
#include "src/state_socket.h"

void ctl_fixture_init(struct ctl_fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	*fixture = (struct ctl_fixture){.listener = -1};
	fixture->runtime_dir = g_dir_make_tmp("ctl-XXXXXX", NULL);
	g_setenv("XDG_RUNTIME_DIR", fixture->runtime_dir, TRUE);
	fixture->requests = g_ptr_array_new_with_free_func(g_free);
	fixture->dir = state_dir_create("web", &error);
	g_assert_no_error(error);
	fixture->listener = state_socket_listen(fixture->dir, STATE_SOCKET_LAUNCHER, &error);
	g_assert_no_error(error);
}

void ctl_fixture_done(struct ctl_fixture *fixture)
{
	g_autofree char *base = g_build_filename(fixture->runtime_dir, "netns-run", NULL);

	close_fd(&fixture->listener);
	state_dir_remove(fixture->dir);
	g_assert_cmpint(rmdir(base), ==, 0);
	g_assert_cmpint(rmdir(fixture->runtime_dir), ==, 0);
	g_ptr_array_unref(fixture->requests);
	g_free(fixture->runtime_dir);
}

static bool is_same(int a, int b)
{
	struct stat first, second;

	return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_ino == second.st_ino &&
	       first.st_dev == second.st_dev;
}

static void take_request(struct ctl_fixture *fixture, const char *text, int *fds, size_t n_fds)
{
	g_ptr_array_add(fixture->requests, g_strdup(text));
	fixture->n_fds += n_fds;
	fixture->streams = n_fds == 3;
	for (size_t i = 0; i < n_fds; i++) {
		fixture->streams = fixture->streams && is_same(fds[i], (int)i);
		close_fd(&fds[i]);
	}
}

static void do_step(int client, const struct ctl_step *step)
{
	if (step->raises && step->raises_first)
		kill(getpid(), step->raises);
	for (size_t i = 0; i < CTL_MAX_REPLIES && step->replies[i]; i++) {
		size_t n_fds = i == 0 && step->sends ? 1 : 0;
		g_assert_true(fdpass_send(client, step->replies[i], strlen(step->replies[i]),
					  step->sends, n_fds, NULL));
	}
	if (step->raises && !step->raises_first)
		kill(getpid(), step->raises);
	if (step->kills)
		kill(*step->kills, SIGKILL);
}

/* Serves one connection to its end. Returns how many steps are done. */
static size_t serve_client(struct ctl_fixture *fixture, int client, size_t done)
{
	char buffer[FDPASS_MAX_BYTES];
	int fds[FDPASS_MAX_FDS];
	size_t n_fds;

	for (;;) {
		ssize_t size = fdpass_receive(client, buffer, sizeof(buffer) - 1, fds, &n_fds);
		if (size <= 0)
			return done;
		buffer[size] = '\0';
		take_request(fixture, buffer, fds, n_fds);
		g_assert_cmpint(done, <, fixture->n_steps);
		const struct ctl_step *step = &fixture->steps[done++];
		do_step(client, step);
		if (step->hangs_up)
			return done;
	}
}

static gpointer serve(gpointer data)
{
	struct ctl_fixture *fixture = data;
	struct pollfd waiting = {.fd = fixture->listener, .events = POLLIN};

	for (size_t done = 0; done < fixture->n_steps;) {
		g_assert_cmpint(poll(&waiting, 1, -1), ==, 1);
		autoclose int client = accept4(fixture->listener, NULL, NULL, SOCK_CLOEXEC);
		done = serve_client(fixture, client, done);
	}
	return NULL;
}

void ctl_fixture_set_up(struct ctl_fixture *fixture, gconstpointer unused G_GNUC_UNUSED)
{
	ctl_fixture_init(fixture);
}

void ctl_fixture_tear_down(struct ctl_fixture *fixture, gconstpointer unused G_GNUC_UNUSED)
{
	ctl_fixture_done(fixture);
}

const char *ctl_fixture_received(const struct ctl_fixture *fixture, unsigned index)
{
	g_assert_cmpint(fixture->requests->len, >, index);
	return g_ptr_array_index(fixture->requests, index);
}

void ctl_fixture_serve(struct ctl_fixture *fixture, const struct ctl_step *steps, size_t n_steps)
{
	sigset_t all, old;

	fixture->steps = steps;
	fixture->n_steps = n_steps;
	/* A signal for the process is for the thread that runs the client. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	fixture->server = g_thread_new("launcher", serve, fixture);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void ctl_fixture_join(struct ctl_fixture *fixture)
{
	g_thread_join(g_steal_pointer(&fixture->server));
}

struct ctl_request ctl_fixture_parse(const char *line)
{
	g_auto(GStrv) words = NULL;
	g_autoptr(GError) error = NULL;
	struct ctl_request request;

	g_assert_true(g_shell_parse_argv(line, NULL, &words, NULL));
	arguments_parse(words, &request, &error);
	g_assert_no_error(error);
	return request;
}

char *ctl_fixture_capture(int (*function)(void *data), void *data, int *ret_status)
{
	g_autofree char *path = NULL;
	char *text = NULL;
	autoclose int file = g_file_open_tmp("ctl-output-XXXXXX", &path, NULL);

	fflush(stdout);
	autoclose int saved = dup(STDOUT_FILENO);
	g_assert_cmpint(dup2(file, STDOUT_FILENO), ==, STDOUT_FILENO);
	*ret_status = function(data);
	fflush(stdout);
	g_assert_cmpint(dup2(saved, STDOUT_FILENO), ==, STDOUT_FILENO);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpint(unlink(path), ==, 0);
	return text;
}
