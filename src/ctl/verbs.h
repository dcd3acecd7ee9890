/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verbs - what netns-ctl can do: the table of its verbs, their options and operands */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/* How a verb is written, and what follows it. */
struct verb {
	const char *words[2];	 /* the second may be NULL */
	const char *operands;	 /* as the help shows them; NULL: takes none */
	const char *summary;	 /* a line of the help */
	const char *explanation; /* more of it, for the verb's own; may be NULL */
	enum ctl_verb verb;
	bool alone;	       /* stands without a container's name */
	bool stops_at_operand; /* what follows the first operand is not ours: no option either */
	unsigned min_operands, max_operands;
	/* arg_data is the offset in struct ctl_options; NULL: no options. */
	const GOptionEntry *options;
	bool (*check)(const struct ctl_request *request, GError **error); /* may be NULL */
};

/* All verbs, in the order of the help. */
const struct verb *verbs_table(size_t *ret_count);

/* The names of `update`'s CTL_N_LIMITS options, without dashes, in the order of
 * ctl_options.limits; they are the launcher's own, and the names in its protocol. */
const char *verbs_limit_name(size_t index);
