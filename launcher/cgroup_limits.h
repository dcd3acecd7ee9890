/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_limits - limits as the control files of a cgroup */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/limit.h"

/*
 * Writes what is set in limits to the files of the cgroup dir, whose parent has the controllers
 * enabled. Fails with the name of the option that the kernel did not take, also for CPUs that the
 * cgroup cannot have; what was written before stays. Source: cgroup-v2.rst.
 */
bool cgroup_limits_write(int dir, const struct limits *limits, GError **error);
