/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd_scope - asks systemd for a delegated cgroup, as a transient scope unit */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

/*
 * How it works
 *
 * GDBus works with threads, and the launcher clones processes that do not execute anything, where a
 * lock held by another thread would stay locked for ever. It also brings a dozen libraries, which a
 * container without limits should not have to wait for. So the conversation is that of a program of
 * its own, netns-scope (launcher/scope), whose output is the failure, if any.
 *
 * An ordinary user's systemd is looked for at $DBUS_SESSION_BUS_ADDRESS, then at bus and at
 * systemd/private (no bus between) in $XDG_RUNTIME_DIR or /run/user/UID; the host's root asks the
 * system's. Sources: org.freedesktop.systemd1(5), systemd.scope(5), systemd's CGROUP_DELEGATION.
 */

/* No systemd is there to be asked: the cause says whom we looked for. */
#define SYSTEMD_SCOPE_ABSENT ENOTCONN

/* How long systemd may take, in milliseconds. */
#define SYSTEMD_SCOPE_TIME_LIMIT_MS 25000

/*
 * Starts the scope unit (a name ending in ".scope"), with Delegate=, holding the processes pids
 * (numbers of the caller's PID namespace), and returns when they have been moved. systemd removes
 * the scope after the last of them. A scope of the same name that is just ending is waited for.
 * Fails with the error code SYSTEMD_SCOPE_ABSENT, ETIMEDOUT, or another with what systemd
 * said.
 */
bool systemd_scope_start(const char *unit, const pid_t *pids, size_t n_pids, GError **error);

/*
 * Moves more processes into a scope that is running, also from cgroups where the user may not do so
 * by hand, as long as they have the user's id. Errors as above.
 */
bool systemd_scope_attach(const char *unit, const pid_t *pids, size_t n_pids, GError **error);
