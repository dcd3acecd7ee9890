/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings - netns-run's options of the network, as the configuration of a runtime names them */
#pragma once

#include <stdbool.h>

#include "launcher/options_egress.h"
#include "launcher/options_network.h"
#include "launcher/options_outbound.h"
#include "launcher/options_rate.h"
#include "launcher/options_sandbox.h"
#include "src/json.h"

/*
 * How it works
 *
 * A setting has the name, the grammar and the checks of the option: it is given to the parser of
 * the command line. In JSON the name is in camelCase (hostPort for --host-port); a switch is true
 * or false there, and what can be given several times may be an array. In text a switch is true or
 * false, too, and repeated values are separated by commas. --no-ipv6 is the setting ipv6, which is
 * true by itself. What callers have own means for (--ifname) is no setting.
 *
 * Among allow and deny there is no order then: members of JSON have none. Those that do what
 * `egress` says are exceptions, and come first.
 *
 * Some configuration is not of who set up the host: an annotation may be an image's. What comes
 * behind settings_fix() cannot open what was closed before.
 */

struct settings {
	struct network_options network;
	struct outbound_options outbound;
	struct rate_options rate;
	struct sandbox_options sandbox;
	struct egress_options egress;
	bool has_loose_rules; /* of egress, in no order */
	/* settings_fix() */
	const char *fixed_by; /* or NULL */
	bool is_egress_fixed, is_outbound_fixed, is_rate_fixed;
	struct ip_address command4, command6; /* the container's own; unset: the network's usual */
};

/* As without any option. */
void settings_init(struct settings *settings);
void settings_done(struct settings *settings);

/* Adds the options that settings are, for a command line of the caller's. */
void settings_add_groups(struct settings *settings, GOptionContext *context);

/*
 * From here on others speak, whom rules of egress, a way out or limits of bandwidth hold if there
 * are any by now: they cannot change these, where there are rules neither the way out nor by whom
 * names are looked up, and never sandbox and egress-file (EPERM).
 * by: who has spoken so far, e.g. "the network's options".
 */
void settings_fix(struct settings *settings, const char *by);

/* True for the name of a setting, in text and in JSON. */
bool settings_has_name(const char *name);
bool settings_has_member(const char *member);

/* Sets the option that the member names; an unknown one is an error (ENOENT), as is null. */
bool settings_take_member(struct settings *settings, const char *member, JsonNode *value,
			  GError **error);

/* Sets the option of this name ("host-port"); an unknown one is an error (ENOENT). */
bool settings_take_text(struct settings *settings, const char *name, const char *value,
			GError **error);

/*
 * Sets the container's own address: "10.8.0.5", or with the length of the prefix that its network
 * then has ("10.8.0.5/24"; else /24 or /64), if no cidr is set. EINVAL for a second one of a
 * family.
 */
bool settings_take_address(struct settings *settings, const char *text, GError **error);

/*
 * In the end, for the interface ifname inside: fills in defaults, reads the file of rules; a
 * combination without sense is named with its cure.
 */
bool settings_check(struct settings *settings, const char *ifname, GError **error);
