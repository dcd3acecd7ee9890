/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootfs_scenario - enters a root file system in namespaces of its own and looks around there */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/rootfs.h"
#include "tests/unit/rootfs_fixture.h"

#define SCENARIO_RESOLV_CONF "nameserver 10.0.2.3\n"
#define SCENARIO_HOSTS	     "127.0.0.1 localhost\n10.0.2.2 gateway\n"

struct rootfs_scenario {
	struct rootfs_options options;
	const char *failure; /* what the error must say, or NULL when none is expected */
	bool (*check)(const struct rootfs_scenario *scenario); /* inside; see rootfs_checks.h */
	const void *data;				       /* for check */
};

/* A scenario on the fixture's ROOTFS with texts for /etc. */
struct rootfs_scenario rootfs_scenario_for(const struct rootfs_fixture *fixture,
					   bool (*check)(const struct rootfs_scenario *));

/* Runs it in a child by namespaces_run(). An expected failure must have a cure. */
bool rootfs_scenario_run(const struct rootfs_scenario *scenario);

/* The same in the calling process. */
bool rootfs_scenario_enter(const void *scenario);

/* Runs it, and asserts that nothing of the fixture has changed on disk. */
void rootfs_scenario_assert(const struct rootfs_fixture *fixture,
			    const struct rootfs_scenario *scenario);

/* Sorted volumes from texts, those that start with "tmpfs " for --tmpfs, ended by NULL. */
GPtrArray *rootfs_scenario_volumes(const char *const *texts);
