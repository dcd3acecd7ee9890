/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seccomp_json - seccomp profiles in the OCI format */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "src/seccomp_profile.h"

/*
 * Parses linux.seccomp of the OCI runtime specification (config-linux.md, "Seccomp"), also with
 * what the files of container engines have on top: archMap, includes and excludes by capability,
 * architecture and kernel, defaultErrno and errno by name. capabilities is the bounding set (one
 * bit each) that includes and excludes are judged by; for its calls a profile has the native
 * architecture always. As in the engines, conditions on one argument twice in a rule are
 * alternatives, an unknown system call or member is passed over, ERRNO without a number is EPERM.
 *
 * Errors name the place. SCMP_ACT_NOTIFY and listenerPath are refused: nobody would answer.
 */
bool seccomp_json_parse(const char *text, size_t size, uint64_t capabilities,
			struct seccomp_profile *ret_profile, GError **error);

/* The same from a file of at most 1 MiB. */
bool seccomp_json_load(const char *path, uint64_t capabilities, struct seccomp_profile *ret_profile,
		       GError **error);
