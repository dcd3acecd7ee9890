/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_rule - one published port or range: the grammar of --publish and of `netns-ctl port` */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "src/address.h"
#include "src/json.h"

/* Longest name of an inherited socket, with its end. */
#define PORT_SOURCE_SIZE 64

/*
 * A range of host ports and where it leads. The range is host_first..host_last, mapped one to one
 * to guest_first... All ports are in host byte order.
 */
struct port_rule {
	unsigned id;			/* given by launcher or forwarder, from 1; 0 before that */
	int protocol;			/* IPPROTO_TCP or IPPROTO_UDP */
	struct ip_address host;		/* unset: all addresses of both families */
	char interface[IFNAMSIZ];	/* the only one whose clients are served; "": any */
	uint16_t host_first, host_last; /* both 0: take a free port */
	struct ip_address guest;	/* unset: the command's own address of the same family */
	uint16_t guest_first;
	unsigned proxy_version; /* of the PROXY protocol that the command is told with; 0: none */
	/*
	 * The number or name of the inherited socket that it is published with; "": a new one. It
	 * has no host, and host port 0, until the forwarder has looked at what it is bound to.
	 */
	char source[PORT_SOURCE_SIZE];
};

/*
 * Parses [PLACE:]HOST[-END]:CONT[-END][/tcp|udp][,proxy=v1|v2]. PLACE is IP, INTERFACE or
 * IP%INTERFACE; IPv6 addresses, also those with an interface, stand in brackets. Ranges must have
 * the same size; host port 0 means any free port and stands alone. The default is tcp. An inherited
 * socket is fd:N:CONT or fd:NAME:CONT.
 */
bool port_rule_parse(const char *text, struct port_rule *ret_rule, GError **error);

/*
 * Parses what names a published port: [PLACE:]HOST[-END][/tcp|udp] or fd:NAME (guest ports stay 0),
 * or a whole rule as above. Used to remove ports.
 */
bool port_rule_parse_host(const char *text, struct port_rule *ret_rule, GError **error);

/* True for what can be the name of an interface, or of an inherited socket, in a rule. */
bool port_rule_is_interface(const char *text);
bool port_rule_is_source(const char *text);

/*
 * Prints the rule in the grammar of port_rule_parse(), always with its protocol; in the short form
 * of port_rule_parse_host() when guest_first is 0. The grammar has no guest address: it is left
 * out; an inherited socket is printed by its address, once that is known. The caller owns the
 * string.
 */
char *port_rule_to_string(const struct port_rule *rule);

/* The number of ports in the rule, at least 1. */
unsigned port_rule_size(const struct port_rule *rule);

/*
 * The rule as a JSON object with slirp4netns's keys (id, proto, host_addr, host_port, guest_addr,
 * guest_port) and, where they are set, host_port_end, interface, proxy_protocol ("v1", "v2") and fd
 * (the source). An unset address is "".
 */
JsonNode *port_rule_to_json(const struct port_rule *rule);

/*
 * The reverse of port_rule_to_json(). Absent or "" addresses are unset, an absent id is 0;
 * everything that port_rule_parse() refuses is refused here too (EINVAL, naming the member).
 */
bool port_rule_from_json(JsonObject *object, struct port_rule *ret_rule, GError **error);
