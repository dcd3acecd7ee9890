/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysctl - the network sysctls of the calling process's network namespace, by /proc/sys/net */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* Writes value to /proc/sys/net/NAME, e.g. "ipv4/conf/all/rp_filter". */
bool sysctl_write(const char *name, const char *value, GError **error);

/* Writes value to /proc/sys/net/FAMILY/conf/IFNAME/KEY; family is "ipv4" or "ipv6". */
bool sysctl_write_device(const char *family, const char *ifname, const char *key, const char *value,
			 GError **error);

/*
 * Makes a TCP congestion control that does not pace (cubic, else reno) the default. On links that
 * end on this machine pacing costs a good part of the speed; what leaves the machine leaves it
 * through sockets of the host, which keep the host's choice. Best effort: the kernel lets
 * namespaces choose only what net.ipv4.tcp_allowed_congestion_control has; reno is always there.
 */
void sysctl_use_unpaced_tcp(void);

/*
 * Whether IPv6 runs on a device, up or not; false for all when the kernel has none (ipv6.disable=1)
 * and for a device whose MTU is below 1280.
 */
bool sysctl_has_ipv6(const char *ifname);
