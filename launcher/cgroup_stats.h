/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_stats - a cgroup's counters as JSON */
#pragma once

#include "src/json.h"

/*
 * inner is the cgroup of the processes, below dir: before Linux 6.11 forks that fail are counted
 * only there. Adds the members memory, cpu, pids and io to the object that builder is at, each an
 * object of what the kernel has for the cgroup dir: memory.current is memory/current_bytes,
 * cpu.stat the object cpu/stat, io.stat an array of devices, PSI an object of some and full. A
 * limit that is "max" is null. Members whose file is missing are left out. Source: cgroup-v2.rst.
 */
void cgroup_stats_add(int dir, int inner, JsonBuilder *builder);
