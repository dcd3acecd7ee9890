/* SPDX-License-Identifier: GPL-2.0-or-later */
/* false_systemd - stands in for systemd where scopes are asked for */
#pragma once

#include <sys/types.h>

/*
 * Starts a process that makes scopes as systemd does, or not: that depends on how the unit's name
 * begins (fail, refused, absent, taken, ending, early; anything else is done). With the environment
 * variable FALSE_SYSTEMD_TREE, a cgroup's path, it makes a cgroup of the unit's name there and
 * moves the process, only the first of several: the others need AttachProcessesToUnit. It has the
 * name of systemd on the session bus, or, with an address, listens there itself. Returns when it
 * can be reached.
 */
pid_t false_systemd_start(const char *address);
void false_systemd_stop(pid_t pid);
