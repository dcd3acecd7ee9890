/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option_bytes - options whose values are taken as they are, in every locale */
#pragma once

#include <glib.h>

/*
 * GLib translates values from the locale's character set to UTF-8, and refuses what has none: all
 * that is not ASCII where no locale is set, and names of files in another one. Arguments are bytes;
 * those that must be text of some kind are checked by whoever takes them.
 */

/* The same option, without translation. */
GOptionEntry option_bytes(const GOptionEntry *entry);

/* Adds options, up to the one without a name, as option_bytes() has them. */
void option_bytes_add(GOptionGroup *group, const GOptionEntry *entries);
