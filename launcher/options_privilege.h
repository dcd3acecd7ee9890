/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_privilege - the options about capabilities, no_new_privs and system calls */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

struct privilege_options {
	uint64_t add;		/* --cap-add, one bit for each capability */
	uint64_t drop;		/* --cap-drop */
	bool add_all, drop_all; /* the word "all" there */
	char *seccomp;		/* --seccomp: "default", "unconfined" or a file; NULL: default */
	bool socketcall;	/* --security-opt socketcall=true */
	bool new_privileges;	/* --security-opt no-new-privileges=false */
};

void privilege_options_init(struct privilege_options *options);
void privilege_options_done(struct privilege_options *options);

/* The group for GOption; options must outlive it. Callbacks report a cause and a cure. */
GOptionGroup *privilege_options_group(struct privilege_options *options);

/* After parsing: refuses what contradicts itself. */
bool privilege_options_check(const struct privilege_options *options, GError **error);
