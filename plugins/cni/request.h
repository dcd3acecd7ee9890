/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request - what a runtime asks a CNI plugin for, by its environment */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/address.h"

enum cni_command {
	CNI_ADD,
	CNI_DEL,
	CNI_CHECK,
	CNI_GC,
	CNI_STATUS,
	CNI_VERSION,
};

/* Those that the command needs are set; the strings belong to the environment. */
struct cni_request {
	enum cni_command command;
	const char *container_id;
	const char *netns;
	const char *ifname;
	/* of CNI_ARGS */
	bool has_mac;
	struct mac_address mac;
	struct ip_address ip; /* unset: not asked for */
};

/* "ADD" */
const char *cni_command_name(enum cni_command command);

/*
 * Parses the CNI_ variables (CNI specification 1.1.0, section Parameters) of an environment as
 * environ(7). All errors are CNI_BAD_ENVIRONMENT.
 */
bool cni_request_parse(char **environment, struct cni_request *ret_request, GError **error);

/*
 * True for what may be a container's id or a network's name: a letter or a digit, then letters,
 * digits and _.-
 */
bool cni_is_identifier(const char *text);

/* True for what may be the name of an interface inside. */
bool cni_is_ifname(const char *text);
