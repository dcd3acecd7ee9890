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
	struct overlay overlay; /* what the session needs, if it is one */
};

/* Nothing is planned. */
void plan_init(struct plan *plan);

/*
 * Everything that can be refused before a process is started; nothing is left behind. Chooses the
 * id maps and compiles the filter of an initialised plan.
 */
bool plan_check(const struct options *options, struct plan *plan, GError **error);

/*
 * Fills the plan, a checked one, of a container called name, with a planned link
 * (launcher/network.h), and prepares what must be ready before the container (launcher/overlay.h).
 * options, link and name must outlive the plan, which must not move. plan_done() after the
 * container's end, in any case.
 */
bool plan_make(const struct options *options, const struct link_config *link, const char *name,
	       struct plan *plan, GError **error);
/* Prints what the user should know of a plan that was made for rootfs. */
void plan_warn(const struct plan *plan, const char *rootfs);
void plan_done(struct plan *plan);
