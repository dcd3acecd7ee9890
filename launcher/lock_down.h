/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock_down - what a supervisor gives up once its network is up */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * From now on the process, and forwarders that it starts again, gain no privilege by execve(2),
 * leave no core, and fail with EPERM at the system calls that only an attacker would make of them:
 * those that look into or change other processes, load code into the kernel, or reach much of it
 * (io_uring, bpf, perf, keys, ...). Namespaces and mounts stay possible, for the forwarder's
 * sandbox.
 */
bool lock_down_supervisor(GError **error);
