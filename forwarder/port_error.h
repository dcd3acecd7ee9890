/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_error - why a port could not be published, and what to do about it */
#pragma once

#include <stdint.h>

#include <glib.h>

#include "src/address.h"

/*
 * Sets *error to a failure that names the port and, by the errno value in cause's code, who holds
 * it (EADDRINUSE), the sysctl that guards it (EACCES) or what is missing. It has the same code.
 */
void port_error_set(GError **error, const GError *cause, int protocol,
		    const struct ip_address *host, uint16_t port);
