/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz - what all fuzz targets set up */
#include "tests/fuzz/fuzz.h"

#include <glib.h>

int LLVMFuzzerInitialize(int *argc G_GNUC_UNUSED, char ***argv G_GNUC_UNUSED)
{
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
	return 0;
}
