/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_rule - one published port or range: the grammar of --publish and of `netns-ctl port` */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "src/address.h"
#include "src/json.h"

/*
 * A range of host ports and where it leads. The range is host_first..host_last, mapped one to one
 * to guest_first... All ports are in host byte order.
 */
struct port_rule {
	unsigned id;			/* given by the forwarder, from 1; 0 before that */
	int protocol;			/* IPPROTO_TCP or IPPROTO_UDP */
	struct ip_address host;		/* unset: all addresses of both families */
	uint16_t host_first, host_last; /* both 0: take a free port */
	struct ip_address guest;	/* unset: the command's own address of the same family */
	uint16_t guest_first;
};

/*
 * Parses [IP:]HOST[-END]:CONT[-END][/tcp|udp]; IPv6 addresses stand in brackets. Ranges must have
 * the same size; host port 0 means any free port and stands alone. The default is tcp.
 */
bool port_rule_parse(const char *text, struct port_rule *ret_rule, GError **error);

/*
 * Parses what names a published port: [IP:]HOST[-END][/tcp|udp] (guest ports stay 0), or a whole
 * rule as above. Used to remove ports.
 */
bool port_rule_parse_host(const char *text, struct port_rule *ret_rule, GError **error);

/*
 * Prints the rule in the grammar of port_rule_parse(), always with its protocol; in the short form
 * of port_rule_parse_host() when guest_first is 0. The grammar has no guest address: it is left
 * out. The caller owns the string.
 */
char *port_rule_to_string(const struct port_rule *rule);

/* The number of ports in the rule, at least 1. */
unsigned port_rule_size(const struct port_rule *rule);

/*
 * The rule as a JSON object with slirp4netns's keys (id, proto, host_addr, host_port, guest_addr,
 * guest_port) and, for a range, host_port_end. An unset address is "" .
 */
JsonNode *port_rule_to_json(const struct port_rule *rule);

/*
 * The reverse of port_rule_to_json(). Absent or "" addresses are unset, an absent id is 0;
 * everything that port_rule_parse() refuses is refused here too (EINVAL, naming the member).
 */
bool port_rule_from_json(JsonObject *object, struct port_rule *ret_rule, GError **error);
