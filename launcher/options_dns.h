/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_dns - the part of the command line that is about names */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/dns_config.h"

struct dns_options {
	struct dns_config config; /* --dns, --add-host */
	GPtrArray *search;	  /* --dns-search, of char *; empty: as the host has it */
	bool no_search;		  /* --dns-search . */
	GPtrArray *options;	  /* --dns-option, of char *; empty: as the host has them */
};

void dns_options_init(struct dns_options *options);
void dns_options_done(struct dns_options *options);

/* The option group whose callbacks fill options, which must outlive it. */
GOptionGroup *dns_options_group(struct dns_options *options);

/* The same with --dns and --add-host alone, for who writes no files. */
GOptionGroup *dns_options_group_of_link(struct dns_options *options);

/*
 * After parsing, without a link of ours, in a network called mode ("host", "none"): options that
 * then have no meaning.
 */
bool dns_options_check_foreign(const struct dns_options *options, const char *mode, GError **error);
