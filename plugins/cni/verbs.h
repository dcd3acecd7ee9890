/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verbs - what a runtime may ask a CNI plugin for */
#pragma once

#include <stdbool.h>

#include "plugins/cni/config.h"
#include "plugins/cni/request.h"

/*
 * Does what the request asks for. *ret_answer is what goes to standard output, the caller's; NULL
 * where the specification has nothing there.
 */
bool cni_verbs_execute(const struct cni_request *request, const struct cni_config *config,
		       JsonNode **ret_answer, GError **error);
