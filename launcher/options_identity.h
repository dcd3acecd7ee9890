/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_identity - who the command is: --uidmap, --gidmap, --user */
#pragma once

#include <glib.h>

#include "launcher/id_extent.h"

enum id_choice {
	ID_CHOICE_DEFAULT,  /* not asked: auto, or --gidmap as --uidmap goes */
	ID_CHOICE_AUTO,	    /* the caller as 0, then the subordinate ids */
	ID_CHOICE_SINGLE,   /* the caller as 0 and nothing else */
	ID_CHOICE_EXPLICIT, /* extents */
};

struct id_request {
	enum id_choice choice;
	struct id_extents extents; /* of ID_CHOICE_EXPLICIT: from the caller's ids */
};

struct identity_options {
	struct id_request uidmap; /* --uidmap */
	struct id_request gidmap; /* --gidmap */
	char *user;		  /* --user UID|NAME[:GID|NAME], or NULL: root; see account.h */
};

void identity_options_init(struct identity_options *options);
void identity_options_done(struct identity_options *options);

/* The options' group for the parser, the caller's; it writes to options, which must be init. */
GOptionGroup *identity_options_group(struct identity_options *options);
