/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_files - what the host's files say about running containers as an ordinary user */
#pragma once

#include <sys/types.h>

#include <glib.h>

/* Whose machine is looked at. */
struct doctor_host {
	const char *root; /* "" for the host's own; the top of another tree in tests */
	uid_t uid;
	gid_t gid;
	const char *user; /* name of uid */
};

/*
 * Adds findings on: kernel.apparmor_restrict_unprivileged_userns and its kin, /dev/net/tun,
 * subordinate ids (none, or granted to two users: set-id files that one made keep their power for
 * the other), newuidmap(1)'s and newgidmap(1)'s mode, net.ipv4.ping_group_range,
 * net.ipv4.ip_unprivileged_port_start, lingering of the user's systemd, fuse-overlayfs(1).
 */
void doctor_check_files(const struct doctor_host *host, GPtrArray *findings);
