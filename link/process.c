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
	int low = MIN(first, second), high = MAX(first, second);

	if (low > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)low - 1, 0);
	if (high > low + 1)
		close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	close_range((unsigned)high + 1, ~0U, 0);
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
