/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_spec - the ports of pasta's -t, -u, -T and -U */
#pragma once

#include <stdbool.h>

#include <glib.h>

enum port_mode {
	PORT_MODE_UNSET,
	PORT_MODE_NONE,
	PORT_MODE_AUTO,	    /* those that the other side listens at, as they come and go */
	PORT_MODE_ALL,	    /* all that can be had, but for those that the host takes for clients */
	PORT_MODE_SPECIFIC, /* rules */
};

/* What all SPECs of one option come to. */
struct port_spec {
	int protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	enum port_mode mode;
	GArray *rules;	/* of struct port_rule, without ids; with PORT_MODE_ALL, too */
	bool *excluded; /* of 65536, for PORT_MODE_ALL; NULL: none */
};

void port_spec_init(struct port_spec *spec, int protocol);
void port_spec_done(struct port_spec *spec);

/*
 * Adds a SPEC as pasta(1) has it: "none", "auto", "all", or
 *
 *   [ADDRESS[%INTERFACE]/]ITEM[,ITEM...]    ITEM: PORT[-PORT][:PORT[-PORT]] or ~PORT[-PORT]
 *
 * where an IPv6 ADDRESS may stand in brackets, %INTERFACE alone will do, ~ leaves ports out
 * whatever else says, and nothing but such items means all others. Ports next to each other that
 * lead to ports next to each other become one rule. Messages are pasta's.
 */
bool port_spec_add(struct port_spec *spec, const char *text, GError **error);

/*
 * Fills rules for PORT_MODE_ALL, by looking at what this host has free now: all ports
 * but for the excluded ones, those in local_first..local_last (ip_local_port_range) and those for
 * which is_free() says no.
 */
void port_spec_expand_all(struct port_spec *spec, unsigned local_first, unsigned local_last,
			  bool (*is_free)(int protocol, unsigned port));
