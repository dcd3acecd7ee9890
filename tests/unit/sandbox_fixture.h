/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_fixture - runs parts of a test in a child, which the sandbox may kill */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib.h>

/* In the child: its status is the line's number, cut to a byte. */
#define SANDBOX_CHECK(condition)                                                                   \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			int saved = errno;                                                         \
			g_printerr("# %s:%d: %s\n", __FILE__, __LINE__, g_strerror(saved));        \
			_exit(__LINE__ % 255 + 1);                                                 \
		}                                                                                  \
	} while (0)

/* System calls that no process of ours may make once it is locked in, as an array's first values.
 */
#define SANDBOX_FIXTURE_FORBIDDEN                                                                  \
	SYS_unshare, SYS_setns, SYS_mount, SYS_pivot_root, SYS_chroot, SYS_bpf, SYS_keyctl,        \
		SYS_io_uring_setup, SYS_userfaultfd, SYS_setuid, SYS_open_by_handle_at,            \
		SYS_perf_event_open, SYS_pidfd_getfd, SYS_linkat, SYS_fchmodat, SYS_inotify_init1, \
		SYS_seccomp, SYS_capset, SYS_execveat, SYS_init_module, SYS_setsid

struct sandbox_outcome {
	int status;	 /* waitpid(2)'s */
	char *forbidden; /* what it said last, or NULL */
};

/* Runs function in a child whose standard input is a hand-over socket. */
struct sandbox_outcome sandbox_fixture_run(void (*function)(const void *data), const void *data);

/* The same, for a child in which all checks hold. */
void sandbox_fixture_assert_holds(void (*function)(const void *data), const void *data);

/* In the child: enters the whole sandbox. */
void sandbox_fixture_enter(int state_fd);

/* Whether this system has all of it; else the test is marked as skipped (strictly: as failed). */
bool sandbox_fixture_is_possible(void);
