/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_error - why a port could not be published, and what to do about it */
#pragma once

#include <glib.h>

#include "forwarder/port_binding.h"

/*
 * Sets *error to a failure that names the port and, by the errno value in cause's code, who holds
 * it (EADDRINUSE), the sysctl that guards it (EACCES) or what is missing. It has the same code.
 */
void port_error_set(GError **error, const GError *cause, const struct port_binding *binding);
