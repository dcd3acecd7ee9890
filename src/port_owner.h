/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_owner - which process holds a port of the host */
#pragma once

#include <stdint.h>

#include "src/address.h"

/*
 * Names who keeps a port (host order) of an address from being bound: "process 'nginx' (pid 123)",
 * "container 'web'" when that one's forwarder published it at its start, or "a process of uid 0"
 * (of another user) when the process is not ours to look into, as none is from the forwarder's
 * sandbox. NULL when nobody can be found. The caller owns the text. Reads
 * /proc/net/{tcp,tcp6,udp,udp6} and /proc/PID/fd (proc_pid_net(5), proc_pid_fd(5)).
 */
char *port_owner_find(int protocol, const struct ip_address *host, uint16_t port);
