/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seccomp_json_rules - the system calls of a seccomp profile in the OCI format */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "launcher/json_reader.h"
#include "src/seccomp_profile.h"

#define SECCOMP_JSON_NO_NOTIFY "take SCMP_ACT_NOTIFY and listenerPath out of the profile"

/* Names of the members that make up an action: its name, its number, the number's name. */
struct seccomp_json_action {
	const char *action, *number, *name;
};

/* Parses an action, which must be there, to SECCOMP_RET_* with its data. */
bool seccomp_json_parse_action(const struct json_place *place,
			       const struct seccomp_json_action *members, uint32_t *ret_action,
			       GError **error);

/* Adds the rules of the member "syscalls" that apply, see seccomp_json.h. */
bool seccomp_json_parse_rules(const struct json_place *place, uint64_t capabilities,
			      struct seccomp_profile *profile, GError **error);

/* Sets error to: the text in this member is not known (or missing), write e.g. example. Returns
 * false.
 */
bool seccomp_json_refuse(const struct json_place *place, const char *member, const char *text,
			 const char *example, GError **error);
