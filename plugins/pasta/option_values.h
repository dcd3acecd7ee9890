/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option_values - what single options of pasta(1) do to the whole */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "plugins/pasta/options.h"

/*
 * One function for each option, or for several that mean the same; value is NULL for an option
 * without one. False with pasta's own complaint.
 */
typedef bool (*option_taker)(struct pasta_options *options, const char *value, GError **error);

bool option_take_help(struct pasta_options *options, const char *value, GError **error);
bool option_take_version(struct pasta_options *options, const char *value, GError **error);
bool option_take_quiet(struct pasta_options *options, const char *value, GError **error);
bool option_take_foreground(struct pasta_options *options, const char *value, GError **error);
bool option_take_log_file(struct pasta_options *options, const char *value, GError **error);
bool option_take_pid_file(struct pasta_options *options, const char *value, GError **error);
bool option_take_mtu(struct pasta_options *options, const char *value, GError **error);
bool option_take_address(struct pasta_options *options, const char *value, GError **error);
bool option_take_netmask(struct pasta_options *options, const char *value, GError **error);
bool option_take_gateway(struct pasta_options *options, const char *value, GError **error);
bool option_take_interface(struct pasta_options *options, const char *value, GError **error);
bool option_take_ns_interface(struct pasta_options *options, const char *value, GError **error);
bool option_take_outbound(struct pasta_options *options, const char *value, GError **error);
bool option_take_outbound_if4(struct pasta_options *options, const char *value, GError **error);
bool option_take_outbound_if6(struct pasta_options *options, const char *value, GError **error);
bool option_take_mac(struct pasta_options *options, const char *value, GError **error);
bool option_take_ns_mac(struct pasta_options *options, const char *value, GError **error);
bool option_take_dns_forward(struct pasta_options *options, const char *value, GError **error);
bool option_take_dns_host(struct pasta_options *options, const char *value, GError **error);
bool option_take_map_host(struct pasta_options *options, const char *value, GError **error);
bool option_take_map_guest(struct pasta_options *options, const char *value, GError **error);
bool option_take_no_map_gw(struct pasta_options *options, const char *value, GError **error);
bool option_take_ipv4_only(struct pasta_options *options, const char *value, GError **error);
bool option_take_ipv6_only(struct pasta_options *options, const char *value, GError **error);
bool option_take_tcp_ports(struct pasta_options *options, const char *value, GError **error);
bool option_take_udp_ports(struct pasta_options *options, const char *value, GError **error);
bool option_take_ns_ports(struct pasta_options *options, const char *value, GError **error);
bool option_take_userns(struct pasta_options *options, const char *value, GError **error);
bool option_take_netns(struct pasta_options *options, const char *value, GError **error);
bool option_take_no_netns_quit(struct pasta_options *options, const char *value, GError **error);
bool option_take_config_net(struct pasta_options *options, const char *value, GError **error);
bool option_take_link(struct pasta_options *options, const char *value, GError **error);
