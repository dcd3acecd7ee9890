/* SPDX-License-Identifier: GPL-2.0-or-later */
/* name_services - services of the host that answer look-ups past the network's own name server */
#pragma once

#include <stdbool.h>

#include <glib.h>

struct root_tree;

/*
 * Covers the directories of the host's systemd-resolved, nscd and Avahi where they are in the tree:
 * nss-resolve(8) and its kin ask there first, by a local socket, so that a name would be looked up
 * with other servers, by the host's network, and not be seen by rules of egress. Without the
 * sockets they leave it to resolv.conf(5). Directories of the tree's own stay.
 *
 * /etc/resolv.conf may be a symlink to one of systemd-resolved's files: they read as resolv_conf
 * (NULL: they are not there). staging is the root of an attached and writable tmpfs.
 */
bool name_services_hide(const struct root_tree *tree, int staging, const char *resolv_conf,
			GError **error);
