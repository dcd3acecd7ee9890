/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_plan - what a rule means on one link, and beside other rules */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/link_config.h"
#include "src/port_rule.h"

/* What a rule means in one family. */
struct port_family {
	struct ip_address host, guest;
	bool is_optional; /* an unset host address, for which IPv4 alone will do */
};

struct port_families {
	struct port_family of[2];
	unsigned n;
};

/* EINVAL for a rule that no text can mean: it came from elsewhere. */
bool port_plan_check(const struct port_rule *rule, GError **error);

/*
 * Which families the rule is for: at least one. Errors: EINVAL for addresses of different families,
 * EAFNOSUPPORT for one that the link does not have.
 */
bool port_plan_expand(const struct link_config *link, const struct port_rule *rule,
		      struct port_families *ret_families, GError **error);

/* True if both want one port of the host. */
bool port_plan_overlap(const struct port_rule *a, const struct port_rule *b);

/* True if they say the same, whatever their ids. */
bool port_plan_is_same(const struct port_rule *a, const struct port_rule *b);
