/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_subids - are the subordinate ids of a host granted in a way that is safe? */
#pragma once

#include "src/ctl/doctor_files.h"

/*
 * Looks at /etc/subuid and /etc/subgid (subuid(5)): adds a finding where the user has none, and
 * where two users have the same ids, or someone has the ids of an account of the host: what one
 * leaves behind, set-user-ID programs too, belongs to the other.
 */
void doctor_check_subids(const struct doctor_host *host, GPtrArray *findings);
