/* SPDX-License-Identifier: GPL-2.0-or-later */
/* standard_streams - descriptors 0, 1 and 2 of ours, and who gets our messages */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include <glib.h>

/*
 * Opens /dev/null for each of the three that the caller left closed: a socket of ours must not
 * become what others take for standard error. For the start of main().
 */
void standard_streams_ensure(void);

/*
 * What this process prints by stderr and GLib goes on to where it goes now, whatever descriptor 2
 * becomes. *ret_own is what stderr was, for standard_streams_restore_messages().
 */
bool standard_streams_keep_messages(FILE **ret_own, GError **error);

/* Messages go to descriptor 2 again; *own is NULL afterwards. Nothing if it was NULL. */
void standard_streams_restore_messages(FILE **own);
