/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check - whether a container's network still is what ADD has made (CNI's CHECK) */
#pragma once

#include <stdbool.h>

#include "plugins/cni/config.h"
#include "plugins/cni/request.h"

/*
 * Compares prevResult and the ports of the configuration with the helper's state and with what is
 * in the container's namespaces, which the calling process is in afterwards.
 */
bool cni_check(const struct cni_request *request, const struct cni_config *config, GError **error);
