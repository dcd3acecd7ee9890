/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check - whether a container's network still is what ADD has made (CNI's CHECK) */
#include "plugins/cni/check.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <string.h>
#include <unistd.h>

#include "link/netlink.h"
#include "plugins/cni/attachment.h"
#include "plugins/cni/error.h"
#include "plugins/cni/result.h"
#include "plugins/netns.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/port_rule.h"
#include "src/state_socket.h"

/* --- the helper --- */

/* Host port 0 is any that the forwarder has chosen. */
static bool is_published(JsonArray *ports, const struct port_rule *wanted)
{
	for (unsigned i = 0; i < json_array_get_length(ports); i++) {
		JsonObject *port = json_array_get_object_element(ports, i);
		struct port_rule rule;
		if (port && port_rule_from_json(port, &rule, NULL) &&
		    rule.protocol == wanted->protocol &&
		    (!wanted->host_first || rule.host_first == wanted->host_first) &&
		    port_rule_size(&rule) == port_rule_size(wanted) &&
		    rule.guest_first == wanted->guest_first &&
		    ip_address_equal(&rule.host, &wanted->host))
			return true;
	}
	return false;
}

static bool check_ports(JsonObject *state, const GArray *wanted, GError **error)
{
	JsonArray *ports = json_object_get_array_member(state, "ports");

	for (guint i = 0; i < wanted->len; i++) {
		const struct port_rule *rule = &g_array_index(wanted, struct port_rule, i);
		if (ports && is_published(ports, rule))
			continue;
		g_autofree char *text = port_rule_to_string(rule);
		return cni_error_set(error, CNI_CHECK_FAILED, NULL, "port %s is not published",
				     text);
	}
	return true;
}

static bool check_helper(const struct cni_request *request, const struct cni_config *config,
			 GError **error)
{
	const struct registry_key key = cni_attachment_key(request);
	g_autofree char *name = registry_name(&key);
	g_autoptr(JsonObject) state = registry_read(&key, error);

	if (!state || !check_ports(state, config->settings.network.ports, error))
		return cni_error_classify(error, CNI_CHECK_FAILED);
	autoclose int control = state_socket_connect(name, STATE_SOCKET_CONTROL, error);
	return control >= 0 || cni_error_classify(error, CNI_CHECK_FAILED);
}

/* --- the namespace --- */

static bool has_mac(const struct ifaddrs *entry, const struct mac_address *mac)
{
	const struct sockaddr_ll *address = (const void *)entry->ifa_addr;

	return address->sll_family == AF_PACKET && address->sll_halen == sizeof(mac->bytes) &&
	       memcmp(address->sll_addr, mac->bytes, sizeof(mac->bytes)) == 0;
}

static bool is_up(const struct ifaddrs *all, const char *ifname, const struct mac_address *mac)
{
	for (const struct ifaddrs *entry = all; entry; entry = entry->ifa_next)
		if (g_str_equal(entry->ifa_name, ifname) && entry->ifa_addr && has_mac(entry, mac))
			return entry->ifa_flags & IFF_UP;
	return false;
}

static bool has_address(const struct ifaddrs *all, const char *ifname,
			const struct ip_address *wanted)
{
	for (const struct ifaddrs *entry = all; entry; entry = entry->ifa_next) {
		struct ip_address address;
		uint16_t port;
		if (g_str_equal(entry->ifa_name, ifname) && entry->ifa_addr &&
		    ip_address_from_sockaddr(entry->ifa_addr, &address, &port) &&
		    ip_address_equal(&address, wanted))
			return true;
	}
	return false;
}

static bool check_device(const struct ifaddrs *all, const char *ifname,
			 const struct cni_interface *wanted, GError **error)
{
	if (!is_up(all, ifname, &wanted->mac))
		return cni_error_set(error, CNI_CHECK_FAILED, NULL,
				     "%s is gone, down, or has another MAC address", ifname);
	for (guint i = 0; i < wanted->addresses->len; i++) {
		const struct ip_address *address =
			&g_array_index(wanted->addresses, struct ip_address, i);
		char text[IP_ADDRESS_TEXT_SIZE];
		if (!has_address(all, ifname, address))
			return cni_error_set(error, CNI_CHECK_FAILED, NULL,
					     "%s has lost the address %s", ifname,
					     ip_address_text(address, text));
	}
	return true;
}

static bool check_routes(const char *ifname, const GArray *routers, GError **error)
{
	struct netlink netlink;
	bool ok = true;

	if (!routers->len)
		return true;
	if (!netlink_init(&netlink, error))
		return false;
	for (guint i = 0; ok && i < routers->len; i++) {
		const struct ip_address *router = &g_array_index(routers, struct ip_address, i);
		char text[IP_ADDRESS_TEXT_SIZE];
		bool is_there;

		ok = netlink_has_default_route(&netlink, ifname, router, &is_there, error);
		if (ok && !is_there)
			ok = cni_error_set(error, CNI_CHECK_FAILED, NULL,
					   "%s has lost the default route to %s", ifname,
					   ip_address_text(router, text));
	}
	netlink_done(&netlink);
	return ok;
}

static bool check_interface(const char *ifname, const struct cni_interface *wanted, GError **error)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) < 0)
		return failure_errno(error, "list the container's addresses");
	bool ok = check_device(all, ifname, wanted, error);
	freeifaddrs(all);
	return ok && check_routes(ifname, wanted->routers, error);
}

static bool check_inside(const struct cni_request *request, const struct cni_config *config,
			 GError **error)
{
	struct cni_interface wanted;

	cni_interface_init(&wanted);
	bool ok = cni_result_find(config->previous, request->ifname, request->netns, &wanted,
				  error) &&
		  check_interface(request->ifname, &wanted, error);
	cni_interface_done(&wanted);
	return ok;
}

static bool enter(const char *path, GError **error)
{
	struct netns target;

	netns_init(&target);
	bool entered = netns_open(path, NULL, &target, error) && netns_enter(&target, error);
	netns_done(&target);
	return entered || cni_error_classify(error, CNI_BAD_NETNS);
}

bool cni_check(const struct cni_request *request, const struct cni_config *config, GError **error)
{
	if (!config->previous)
		return cni_error_set(error, CNI_BAD_CONFIG, NULL, "prevResult is missing");
	return check_helper(request, config, error) && enter(request->netns, error) &&
	       check_inside(request, config, error);
}
