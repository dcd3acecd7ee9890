/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target - the namespaces or the device that netns-attach is told, checked before use */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "link/attach.h"
#include "plugins/attach/options.h"
#include "plugins/netns.h"

struct target {
	struct netns namespaces; /* unset with a TAP */
	int tap;		 /* or a socket of frames; unset with a namespace */
	pid_t pid;		 /* of the options; 0 if it is none */
	const char *path;	 /* of the options; NULL if it is none */
};

/* Nothing that target_done() would have to undo. */
void target_init(struct target *target);

/*
 * Opens what the options name. The descriptors of the options become the target's; whatever is
 * wrong with one is an error that names its option (EINVAL, ENOTCONN), as is the caller's own
 * network namespace (EEXIST).
 */
bool target_open(struct target *target, struct attach_options *options, GError **error);

/* Makes the link, or takes the device; link is the one that options ask for, not settled. */
bool target_attach(struct target *target, const struct attach_options *options,
		   const struct link_config *link, struct attachment *ret_attachment,
		   GError **error);

void target_done(struct target *target);

/*
 * Checks the other descriptors of the options: what is no socket, or of another kind (EINVAL). That
 * of the control socket becomes non-blocking.
 */
bool target_prepare_descriptors(const struct attach_options *options, GError **error);
