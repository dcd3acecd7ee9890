/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_rule - one rule of what may leave: the grammar of --allow, --deny and `netns-ctl egress`
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "src/address.h"

enum egress_action { EGRESS_ALLOW, EGRESS_DENY };

enum egress_target {
	EGRESS_ANYWHERE, /* every address and every name */
	EGRESS_PREFIX,
	EGRESS_NAME,	 /* what this name leads to */
	EGRESS_BELOW,	 /* what names that end in .NAME lead to, but not NAME itself */
	EGRESS_PRIVATE,	 /* see egress_preset_prefixes() */
	EGRESS_METADATA, /* the same */
	EGRESS_HOST,	 /* the host itself: the gateway's alias, and all of its addresses */
};

struct egress_rule {
	unsigned id; /* from 1, given by the set; 0 before that */
	enum egress_action action;
	bool is_from_file; /* see src/egress_set.h */
	int protocol;	   /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP (of both families); 0: all */
	enum egress_target target;
	struct ip_prefix prefix; /* of EGRESS_PREFIX */
	char *name;	  /* of EGRESS_NAME and EGRESS_BELOW: lower case, no dot at its end */
	bool trusts_name; /* the name may lead to private addresses, too: NAME@private */
	uint16_t first_port, last_port; /* in host order; both 0: all, and what has none */
};

/*
 * Parses [tcp:|udp:|icmp:]TARGET[:PORT[-PORT]]. TARGET is *, IP, CIDR, NAME, *.NAME, one of these
 * names with @private behind it, @private, @metadata or @host. An IPv6 address or prefix stands in
 * brackets when a port follows. A rule with ports is about TCP and UDP alone. The rule is the
 * caller's; NULL on error.
 */
struct egress_rule *egress_rule_parse(enum egress_action action, const char *text, GError **error);
/* Accepts NULL. */
void egress_rule_free(struct egress_rule *rule);

/* Prints it in the grammar of egress_rule_parse(), without its action. The caller owns the string.
 */
char *egress_rule_to_string(const struct egress_rule *rule);

/* "allow" or "deny". */
const char *egress_action_name(enum egress_action action);
bool egress_action_parse(const char *text, enum egress_action *ret_action, GError **error);

/* The same but for id and origin. */
bool egress_rule_equal(const struct egress_rule *a, const struct egress_rule *b);

/* Does the rule speak of this protocol and port? has_port: there is one, and it is known. */
bool egress_rule_fits(const struct egress_rule *rule, int protocol, bool has_port, uint16_t port);

/*
 * A host name in the form that rules have it in: lower case, without the dot at its end. NULL, and
 * an error, if it is none: letters, digits, - and _ in labels of up to 63, 253 in all, the last
 * label no number. The caller owns the string.
 */
char *egress_name_parse(const char *text, GError **error);

/*
 * What @private and @metadata are made of, as texts of prefixes with a NULL at their end; NULL for
 * other targets. @private: RFC 1918, shared (RFC 6598), link-local, unique local (RFC 4193),
 * site-local (RFC 3879), where no public name has a reason to lead to. @metadata: where clouds tell
 * a machine its secrets.
 */
const char *const *egress_preset_prefixes(enum egress_target target);
bool egress_preset_contains(enum egress_target target, const struct ip_address *address);

/*
 * The IPv4 address that an IPv6 one stands for: v4-mapped (RFC 4291), NAT64 (RFC 6052, and RFC 8215
 * where the address is at the end) or 6to4 (RFC 3056). False if there is none.
 */
bool egress_address_embedded(const struct ip_address *address, struct ip_address *ret_v4);
