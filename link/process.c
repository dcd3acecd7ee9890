/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process - makes processes in new namespaces and cleans what they inherit */
#include "link/process.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

/* glibc has no wrapper for clone3(2) without a new stack. */
pid_t process_clone(uint64_t flags)
{
	struct clone_args arguments = {
		.flags = flags,
		/* With CLONE_PARENT the new process takes the caller's own exit signal. */
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
	};

	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

void process_close_all_but(int first, int second)
{
	const int fds[] = {first, second};

	process_close_all_but_these(fds, G_N_ELEMENTS(fds));
}

/* The lowest of the descriptors that is at least from; -1 if there is none. */
static int next_fd(const int *fds, size_t n_fds, int from)
{
	int next = -1;

	for (size_t i = 0; i < n_fds; i++)
		if (fds[i] >= from && (next < 0 || fds[i] < next))
			next = fds[i];
	return next;
}

void process_close_all_but_these(const int *fds, size_t n_fds)
{
	int low = STDERR_FILENO + 1;

	for (int next = next_fd(fds, n_fds, low); next >= 0; next = next_fd(fds, n_fds, low)) {
		if (next > low)
			close_range((unsigned)low, (unsigned)next - 1, 0);
		low = next + 1;
	}
	close_range((unsigned)low, ~0U, 0);
}

int process_open_netns(pid_t pid, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/ns/net", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		failure_errno(error, "open the network namespace %s", path);
	return fd;
}

void process_forget_standard_streams(void)
{
	autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
}
