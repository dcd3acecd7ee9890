/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach - makes a link in namespaces that others have made */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "src/handoff.h"
#include "src/link_config.h"

struct attach_plan {
	int userns; /* descriptor of the user namespace that owns netns; -1: the caller's own */
	int netns;  /* descriptor of the network namespace */
	/*
	 * kind: LINK_AUTO takes the gateway where it can. A TAP that is there keeps its MAC address
	 * unless has_mac is set.
	 */
	struct link_config link;
	bool has_mac;
	bool configure;	   /* give it its addresses and routes; else only the device is there */
	bool keeps_routes; /* a default route that is there stays, in place of EEXIST */
	bool adopts;	   /* a TAP that somebody has made under the name is for this link */
};

struct attachment {
	struct link_config link; /* as it was made */
	int fds[HANDOFF_N_FDS];	 /* for the start message; unset where the link has none */
	pid_t builder;		 /* child of ours that is the gateway's agent; 0 if there is none */
	char *note;		 /* why it is a TAP where LINK_AUTO hoped for more, or NULL */
};

/* Nothing that attachment_done() would have to undo. */
void attachment_init(struct attachment *attachment);

/*
 * A child of ours enters the namespaces and makes the link there: the caller stays where it is.
 * With a name that is free in netns the device ends with the descriptors. EEXIST if it is not free,
 * but with `adopts` a persistent TAP of that name is used or, if nobody has configured it and the
 * link may be a gateway, replaced for good; where that fails it is as it was. *ret_attachment is
 * one that has been initialised.
 */
bool attach_build(const struct attach_plan *plan, struct attachment *ret_attachment,
		  GError **error);

/*
 * Closes the descriptors and waits, a moment at most, until the device of a gateway has gone with
 * them. Whoever else holds them (the forwarder) must have let go before.
 */
void attachment_done(struct attachment *attachment);
