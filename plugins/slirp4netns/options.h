/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - the command line of slirp4netns(1) */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/link_config.h"

enum netns_type {
	NETNS_PID,
	NETNS_PATH,
	NETNS_TAPFD,
	NETNS_BESS, /* none: whoever connects to a socket has it */
};

struct slirp_options {
	bool help, version;
	enum netns_type netns_type;
	const char *target;	 /* PID, path (of a namespace or socket) or descriptor, as text */
	int target_number;	 /* the number, where it is one */
	const char *tap_name;	 /* NULL with NETNS_TAPFD and NETNS_BESS if there is none */
	const char *userns_path; /* may be NULL */
	const char *api_socket;	 /* may be NULL */
	int exit_fd, ready_fd;	 /* unset: -1 */
	bool configure;
	bool has_mac;
	bool disable_host_loopback;
	bool disable_dns;
	struct link_config link; /* kind, MTU, MAC and networks, with addresses to bind to */
};

enum slirp_parsed {
	SLIRP_PARSED,
	SLIRP_BAD_USAGE, /* the complaint is printed; the usage should follow */
	SLIRP_BAD,	 /* the complaint is printed */
};

/*
 * Reads the command line and, for the kind of link, NETNS_RUN_LINK. Options, messages and their
 * streams are those of slirp4netns 1.2 and its later --netns-type=tapfd and --cidr6; warnings go to
 * standard output, as there. ret_options refers to argv.
 */
enum slirp_parsed slirp_options_parse(struct slirp_options *ret_options, int argc, char **argv);
