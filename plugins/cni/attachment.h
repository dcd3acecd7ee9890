/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attachment - a container's network for CNI: made by ADD, ended by DEL */
#pragma once

#include <stdbool.h>

#include "plugins/cni/config.h"
#include "plugins/cni/request.h"
#include "plugins/registry.h"

/* Whose networks they are in the registry. */
#define CNI_OWNER "cni"

/* By what the registry knows it; the strings stay the request's. */
struct registry_key cni_attachment_key(const struct cni_request *request);

/*
 * ADD: connects the namespace, leaves a helper that serves it until DEL or the namespace's end, and
 * returns the result. NULL on error; nothing is left then. The calling process must have one thread
 * and no children.
 */
JsonNode *cni_attachment_add(const struct cni_request *request, const struct cni_config *config,
			     GError **error);

/* DEL: ends it, and waits until it is gone. None is no error. */
bool cni_attachment_delete(const struct cni_request *request, GError **error);
