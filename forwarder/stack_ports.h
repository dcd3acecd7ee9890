/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_ports - published ports whose connections libslirp makes */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "forwarder/port_binding.h"

struct Slirp;
struct stack_ports;

/* slirp must outlive it. */
struct stack_ports *stack_ports_new(struct Slirp *slirp);
void stack_ports_free(struct stack_ports *ports);

/* See struct port_backend. */
bool stack_ports_add(struct stack_ports *ports, const struct port_binding *binding, GError **error);
void stack_ports_remove(struct stack_ports *ports, const struct port_binding *binding);

/* Of the port that libslirp has this listening descriptor for; 0 if it has none, or is no port. */
unsigned stack_ports_proxy_version(const struct stack_ports *ports, int slirp_fd);
