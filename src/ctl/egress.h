/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress - netns-ctl NAME egress ls|allow|deny|rm|reload */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "src/ctl/arguments.h"

/* Each runs one verb: prints what there is to say, or fails. */
bool egress_list(const struct ctl_request *request, GError **error);
bool egress_allow(const struct ctl_request *request, GError **error);
bool egress_deny(const struct ctl_request *request, GError **error);
bool egress_remove(const struct ctl_request *request, GError **error);
bool egress_reload(const struct ctl_request *request, GError **error);

/* The operands of allow and deny, by their grammar. */
bool egress_check_rules(const struct ctl_request *request, GError **error);
