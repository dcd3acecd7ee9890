/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_fixture - runs parts of a test in a child, which the sandbox may kill */
#pragma once

#include <errno.h>
#include <stdbool.h>
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
