/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arguments - the command line of netns-ctl */
#pragma once

#include <stdbool.h>

#include <glib.h>

enum ctl_verb {
	CTL_HELP,
	CTL_VERSION,
	CTL_LIST,
	CTL_PORT_LIST,
	CTL_PORT_ADD,
	CTL_PORT_REMOVE,
	CTL_INSPECT,
};

/* All strings belong to argv. */
struct ctl_request {
	enum ctl_verb verb;
	const char *container; /* NULL for the verbs without one */
	bool json;
	char **operands; /* NULL-terminated: the RULEs and IDs of port add and port rm */
};

/*
 * Parses the command line and checks names and rules by their grammar; reorders argv. Every failure
 * is a usage error.
 */
bool arguments_parse(char **argv, struct ctl_request *ret_request, GError **error);

/* True for the operand of `port rm` that is a port's id: a bare number. */
bool arguments_is_id(const char *operand);
