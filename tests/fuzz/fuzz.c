/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz - what all fuzz targets set up */
#include "tests/fuzz/fuzz.h"

#include <signal.h>
#include <stdlib.h>

#include <glib.h>

/* libFuzzer keeps the input of what aborts. Of SIGTRAP, by which GLib ends, it knows nothing. */
static G_NORETURN void on_trap(int signal_number G_GNUC_UNUSED)
{
	abort();
}

int LLVMFuzzerInitialize(int *argc G_GNUC_UNUSED, char ***argv G_GNUC_UNUSED)
{
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
	signal(SIGTRAP, on_trap);
	return 0;
}
