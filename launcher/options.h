/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options - the command line of netns-run */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/link_config.h"
#include "src/port_rule.h"

struct options {
	char *name;		    /* --name, or NULL */
	enum link_kind link;	    /* --link */
	char *ifname;		    /* --ifname */
	struct ip_prefix cidr;	    /* --cidr; unset: choose one */
	struct ip_prefix cidr6;	    /* --cidr6; unset: choose one */
	bool no_ipv6;		    /* --no-ipv6 */
	unsigned mtu;		    /* --mtu; 0: the link's default */
	unsigned udp_timeout;	    /* --udp-timeout in seconds, 0: the default */
	unsigned udp_brief_timeout; /* its second part */
	bool has_mac;
	struct mac_address mac;	   /* --mac */
	GPtrArray *dns;		   /* --dns, of char *, checked addresses */
	GArray *ports;		   /* --publish, of struct port_rule */
	struct host_access access; /* --host-port, --host-loopback */
	int ready_fd;		   /* --ready-fd, or -1 */
	int info_fd;		   /* --info-fd, or -1 */
	char *pid_file;		   /* --pid-file, or NULL */
	bool version;		   /* --version: nothing else matters */
	char *rootfs;		   /* ROOTFS */
	char **command; /* CMD [ARG...], NULL-terminated; {"/bin/sh"} if none was given */
};

/*
 * Parses argv (of main(); left alone). --help prints to standard output and exits with 0. Options
 * end at ROOTFS. Failures name the option and a cure.
 */
bool options_parse(struct options *ret_options, int argc, char **argv, GError **error);
void options_done(struct options *options);
