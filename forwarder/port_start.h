/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_start - publishes the ports that a start message has */
#pragma once

#include <stdbool.h>

#include "forwarder/port_table.h"
#include "src/port_set.h"

/* All or none. Sockets of rules are taken out of wanted. */
bool port_start_publish(struct port_table *table, struct port_set *wanted, GError **error);
