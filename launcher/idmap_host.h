/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idmap_host - what decides about id maps: who calls, and what the host grants him */
#pragma once

#include "launcher/id_extent.h"
#include "launcher/idmap.h"
#include "launcher/subid.h"

/* Of user ids, or of group ids. */
struct idmap_rights {
	const char *option; /* for messages: "--uidmap" */
	uint32_t own;	    /* the caller's id */
	const struct subid_source *source;
	const char *helper;	 /* see idmap_helper_find() */
	int capability;		 /* CAP_SETUID or CAP_SETGID */
	bool may_write;		 /* has it: the kernel takes any map */
	struct id_extents known; /* the map of the caller's own user namespace */
};

struct idmap_host {
	struct subid_owner caller;
	bool is_real_root;
	struct idmap_rights users, groups;
};

/* Makes side the caller's own id as 0 and nothing else; a note stays. */
void idmap_side_set_single(struct idmap_side *side);
