/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etc_files - /etc/resolv.conf and /etc/hosts with contents of ours, the originals untouched */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Makes /etc/resolv.conf and /etc/hosts below root read as the given texts, by bind mounts over the
 * files; symlinks are followed inside root. Where one is not there or is no regular file, /etc is
 * shadowed (launcher/shadow.h). staging is the root of an attached and writable tmpfs: it keeps the
 * texts and may be detached afterwards. /etc must be a directory.
 */
bool etc_files_install(int root, int staging, const char *resolv_conf, const char *hosts,
		       GError **error);
