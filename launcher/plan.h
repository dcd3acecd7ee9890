/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan - from the command line to what a container is made of */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/container.h"
#include "launcher/idmap.h"
#include "launcher/options.h"
#include "launcher/privilege.h"
#include "src/link_config.h"

struct plan {
	struct container_options container; /* what its pointers point to belongs to the plan */
	struct idmap idmap;
	char *resolv_conf, *hosts; /* contents of the files */
	char *directory;
	char **environment;
	struct privilege privilege;
};

/* Everything that can be refused before a process is started; nothing is left behind. */
bool plan_check(const struct options *options, GError **error);

/*
 * Fills the plan of a container called name, with a planned link (launcher/network.h), which
 * chooses the id maps. options, link and name must outlive the plan, which must stay where it is.
 */
bool plan_make(const struct options *options, const struct link_config *link, const char *name,
	       struct plan *ret_plan, GError **error);
void plan_done(struct plan *plan);
