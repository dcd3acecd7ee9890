/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sibling - finds another program of ours */
#pragma once

#include <glib.h>

/*
 * The path of the program `name`: in the folder of the calling process's own program, where they
 * are installed side by side, at built (a path from that folder) in a build tree, in ../libexec or
 * ../bin, or in PATH. The caller owns it. NULL with ENOENT and a cure when it is at none of them.
 * Own programs that have been replaced since they were started have their folder still (proc(5),
 * /proc/PID/exe).
 */
char *sibling_find(const char *name, const char *built, GError **error);
