/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detach - goes on in the background once CMD runs; and the opposite, death with the parent */
#include "launcher/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/log_trim.h"
#include "launcher/status.h"
#include "link/process.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/standard_streams.h"
#include "src/state_dir.h"

#define LOG_NAME       "output.log"
#define LOG_LIMIT      (16 * 1024 * 1024)
#define LOG_FLAGS      (O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC)
#define STATUS_FAILURE 125

void detach_init(struct detach *detach)
{
	*detach = (struct detach){.socket = -1};
}

/* --- the caller's process --- */

static int await_end(pid_t child)
{
	int wait_status;

	while (waitpid(child, &wait_status, 0) < 0)
		if (errno != EINTR)
			return STATUS_FAILURE;
	return status_to_exit(wait_status);
}

static int await_start(int socket, pid_t child, GError **error)
{
	char name[STATE_NAME_MAX + 1];
	ssize_t size;

	do
		size = recv(socket, name, sizeof(name) - 1, 0);
	while (size < 0 && errno == EINTR);
	if (size <= 0)
		return await_end(child);
	name[size] = '\0';
	if (printf("%s\n", name) >= 0 && fflush(stdout) == 0)
		return 0;
	failure_errno(error, "container '%s' runs, but its name could not be printed", name);
	return STATUS_FAILURE;
}

static void close_all(const int *fds, size_t n_fds)
{
	for (size_t i = 0; i < n_fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* --- the launcher --- */

/* A reader of the caller's pipe would wait for us as long as the container runs. */
static void keep_only(const int *keep, size_t n_keep, int socket)
{
	g_autofree int *all = g_new(int, n_keep + 1);

	all[0] = socket;
	for (size_t i = 0; i < n_keep; i++)
		all[1 + i] = keep[i];
	process_close_all_but_these(all, n_keep + 1);
}

static bool enter_background(pid_t caller, GError **error)
{
	autoclose int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		return failure_errno(error, "open /dev/null");
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == caller)
		return true;
	failure_set(error, ESRCH, NULL, "the caller is gone");
	return false;
}

bool detach_fork(struct detach *detach, const int *keep, size_t n_keep, int *ret_status,
		 GError **error)
{
	pid_t caller = getpid();
	int pair[2];

	*ret_status = STATUS_FAILURE;
	if (!fdpass_socketpair(pair, error))
		return false;
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0) {
		failure_errno(error, "fork");
		close_all(pair, G_N_ELEMENTS(pair));
		return false;
	}
	if (pid == 0) {
		keep_only(keep, n_keep, pair[1]);
		detach->socket = pair[1];
		return enter_background(caller, error);
	}
	close(pair[1]);
	close_all(keep, n_keep);
	*ret_status = await_start(pair[0], pid, error);
	close(pair[0]);
	return false;
}

static int open_log(int state_fd, const char *log_file, GError **error)
{
	autoclose int fd = -1;

	if (!log_file) {
		fd = openat(state_fd, LOG_NAME, LOG_FLAGS | O_EXCL | O_NOFOLLOW, 0600);
		if (fd < 0)
			failure_errno(error, "make " LOG_NAME " in the state directory");
		return g_steal_fd(&fd);
	}
	g_autofree char *path = g_canonicalize_filename(log_file, NULL);
	/* Non-blocking while it is opened: a FIFO that nobody reads is an error. */
	fd = open(path, LOG_FLAGS | O_NONBLOCK, 0600);
	if (fd < 0 || fcntl(fd, F_SETFL, O_APPEND) < 0) {
		failure_errno(error, "open --log-file %s", log_file);
		return -1;
	}
	if (symlinkat(path, state_fd, LOG_NAME) < 0) {
		failure_errno(error, "make " LOG_NAME " in the state directory");
		return -1;
	}
	return g_steal_fd(&fd);
}

bool detach_redirect(struct detach *detach, int state_fd, const char *log_file, GError **error)
{
	autoclose int log = open_log(state_fd, log_file, error);

	if (log < 0 || !standard_streams_keep_messages(&detach->own_stderr, error))
		return false;
	detach->trims = !log_file;
	return (dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0) ||
	       failure_errno(error, "redirect the output");
}

bool detach_started(struct detach *detach, const char *name, GError **error)
{
	/* First of all: the caller leaves as soon as it has the name. */
	prctl(PR_SET_PDEATHSIG, 0);
	if (!fdpass_send(detach->socket, name, strlen(name), NULL, 0, error))
		return false;
	close_fd(&detach->socket);
	standard_streams_restore_messages(&detach->own_stderr);
	if (detach->trims)
		detach->trimmer = log_trim_start(STDOUT_FILENO, LOG_LIMIT);
	return true;
}

void detach_done(struct detach *detach)
{
	close_fd(&detach->socket);
	if (detach->trimmer)
		g_source_remove(detach->trimmer);
}

bool detach_die_with_parent(pid_t parent, GError **error)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return failure_errno(error, "--die-with-parent");
	if (getppid() == parent)
		return true;
	failure_set(error, ESRCH, NULL, "--die-with-parent: the parent has ended");
	return false;
}
