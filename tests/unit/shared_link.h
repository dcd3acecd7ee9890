/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shared_link - a link whose networks look like the host's */
#pragma once

#include "src/link_config.h"

#define COMMAND4 "192.0.2.77"
#define COMMAND6 "2001:db8::77"
#define DNS4	 "169.254.1.1"
#define HOST4	 "169.254.1.2"
#define HOST6	 "100::8"
/* Of clients on the host's loopback, where nothing else was chosen. */
#define LOOPBACK4 "192.0.0.170"
#define LOOPBACK6 "100::170"

struct ip_address shared_link_address(const char *text);
void shared_link_assert_address(const struct ip_address *address, const char *text);

/* As pasta would make it for podman; in IPv6 there are the default aliases. */
void shared_link_fill(struct link_config *link);
