/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_plan - what a rule means on one link, and beside other rules */
#include "forwarder/port_plan.h"

#include <errno.h>

#include "src/failure.h"

bool port_plan_check(const struct port_rule *rule, GError **error)
{
	unsigned last_offset = port_rule_size(rule) - 1;

	if (rule->protocol != IPPROTO_TCP && rule->protocol != IPPROTO_UDP) {
		failure_set(error, EINVAL, NULL, "ports of protocol %d cannot be published",
			    rule->protocol);
		return false;
	}
	if (rule->host_last < rule->host_first || (!rule->host_first && rule->host_last) ||
	    !rule->guest_first || rule->guest_first + last_offset > G_MAXUINT16) {
		failure_set(error, EINVAL, NULL, "ports %u-%u cannot lead to ports from %u",
			    rule->host_first, rule->host_last, rule->guest_first);
		return false;
	}
	return true;
}

static void add_family(struct port_families *families, const struct port_rule *rule,
		       const struct link_network *network)
{
	struct port_family *family = &families->of[families->n++];

	if (rule->host.family)
		family->host = rule->host;
	else
		family->host = (struct ip_address){.family = network->command.family};
	family->guest = rule->guest.family ? rule->guest : network->command;
}

bool port_plan_expand(const struct link_config *link, const struct port_rule *rule,
		      struct port_families *ret_families, GError **error)
{
	static const sa_family_t all[] = {AF_INET, AF_INET6};
	struct port_families families = {.n = 0};
	sa_family_t wanted = rule->host.family ? rule->host.family : rule->guest.family;

	if (rule->guest.family && rule->guest.family != wanted) {
		failure_set(error, EINVAL, "give both addresses of one family",
			    "a port of an %s address cannot lead to an %s address",
			    wanted == AF_INET ? "IPv4" : "IPv6",
			    wanted == AF_INET ? "IPv6" : "IPv4");
		return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		const struct link_network *network = link_config_network(link, all[i]);

		if (network->enabled && (!wanted || wanted == all[i]))
			add_family(&families, rule, network);
	}
	if (families.n == 0) {
		failure_set(error, EAFNOSUPPORT, NULL, "the container has no %s",
			    wanted == AF_INET6 ? "IPv6" : "IPv4");
		return false;
	}
	if (families.n > 1)
		families.of[1].is_optional = true;
	*ret_families = families;
	return true;
}

bool port_plan_overlap(const struct port_rule *a, const struct port_rule *b)
{
	if (a->protocol != b->protocol || a->host_last < b->host_first ||
	    b->host_last < a->host_first)
		return false;
	if (a->interface[0] && b->interface[0] && !g_str_equal(a->interface, b->interface))
		return false;
	if (!a->host.family || !b->host.family)
		return true;
	if (a->host.family != b->host.family)
		return false;
	return ip_address_equal(&a->host, &b->host) || ip_address_is_any(&a->host) ||
	       ip_address_is_any(&b->host);
}

static bool is_same_address(const struct ip_address *a, const struct ip_address *b)
{
	return a->family == b->family && (!a->family || ip_address_equal(a, b));
}

bool port_plan_is_same(const struct port_rule *a, const struct port_rule *b)
{
	return a->protocol == b->protocol && a->host_first == b->host_first &&
	       a->host_last == b->host_last && a->guest_first == b->guest_first &&
	       a->proxy_version == b->proxy_version && g_str_equal(a->interface, b->interface) &&
	       g_str_equal(a->source, b->source) && is_same_address(&a->host, &b->host) &&
	       is_same_address(&a->guest, &b->guest);
}
