/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - the command line of pasta(1), as far as other programs use it */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "plugins/pasta/port_spec.h"
#include "src/link_config.h"

/* Of one address family. */
struct pasta_family {
	bool is_off;
	struct ip_address address; /* -a; unset: the host's */
	unsigned length;	   /* of its prefix; 0: the host's */
	struct ip_address gateway; /* -g; unset: the host's */
	struct ip_address outbound;
	const char *outbound_interface; /* may be NULL */
	struct ip_address dns_forward, dns_host;
	struct ip_address map_host_loopback, map_guest_addr;
};

struct pasta_options {
	bool help, version;
	bool quiet, foreground;
	char *log_file, *pid_file; /* may be NULL */
	struct pasta_family v4, v6;
	bool no_map_gateway; /* --no-map-gw, or --map-host-loopback */
	unsigned mtu;	     /* 0: the link's own */
	enum link_kind link;
	const char *interface;	  /* -i, or NULL */
	const char *ns_interface; /* -I, or NULL */
	bool has_mac;
	struct mac_address mac;		  /* of the device in the namespace */
	struct mac_address neighbour_mac; /* of all others; zero: unset */
	bool configure;			  /* --config-net */
	struct port_spec tcp, udp;
	struct port_spec tcp_ns; /* from the namespace's loopback to the host's */
	char *userns;		 /* path, or NULL */
	char *netns;		 /* path, or NULL; of --netns or a PID */
	bool no_netns_quit;
	char **command; /* to run in namespaces of its own, where netns is NULL; {NULL}: a shell */
};

enum pasta_parsed {
	PASTA_PARSED,
	PASTA_BAD_USAGE, /* the complaint is printed; the usage should follow */
	PASTA_BAD,	 /* the complaint is printed */
};

/*
 * Reads the command line and, for the kind of link, NETNS_RUN_LINK. Options and messages are those
 * of passt's pasta of 2025; what is not done gets one line that says so. ret_options refers to
 * argv; pasta_options_done() it in any case.
 */
enum pasta_parsed pasta_options_parse(struct pasta_options *ret_options, int argc, char **argv);
void pasta_options_done(struct pasta_options *options);
