/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_address - addresses, prefixes and MACs; what is accepted survives the way there and back */
#include <string.h>

#include <glib.h>

#include "src/address.h"
#include "src/failure.h"
#include "tests/fuzz/fuzz.h"

static void check_sockaddr(const struct ip_address *address)
{
	struct sockaddr_storage sockaddr;
	struct ip_address again;
	uint16_t port;

	g_assert(ip_address_to_sockaddr(address, 4711, &sockaddr) > 0);
	g_assert(ip_address_from_sockaddr((struct sockaddr *)&sockaddr, &again, &port));
	g_assert(port == 4711);
	/* A v4-mapped address comes back as the IPv4 address that it is. */
	g_assert(ip_address_equal(address, &again) ||
		 (address->family == AF_INET6 && again.family == AF_INET));
}

static void check_address(const char *text)
{
	struct ip_address address, again;
	char printed[IP_ADDRESS_TEXT_SIZE];
	g_autoptr(GError) error = NULL;

	if (!ip_address_parse(text, &address, &error)) {
		g_assert(error && error->domain == FAILURE);
		return;
	}
	g_assert(ip_address_parse(ip_address_text(&address, printed), &again, NULL));
	g_assert(ip_address_equal(&address, &again));
	g_assert(!ip_address_is_any(&address) || ip_address_is_host_loopback(&address));
	check_sockaddr(&address);
}

static void check_prefix(const char *text)
{
	struct ip_prefix prefix, again;
	g_autoptr(GError) error = NULL;

	if (!ip_prefix_parse(text, &prefix, &error)) {
		g_assert(error && error->domain == FAILURE);
		return;
	}
	g_autofree char *printed = ip_prefix_to_string(&prefix);
	g_assert(prefix.length <= ip_address_bits(&prefix.address));
	g_assert(ip_prefix_parse(printed, &again, NULL));
	g_assert(again.length == prefix.length);
	g_assert(ip_address_equal(&again.address, &prefix.address));
	g_assert(ip_prefix_contains(&prefix, &prefix.address));
	g_assert(ip_prefix_overlaps(&prefix, &again));
	if (ip_address_bits(&prefix.address) - prefix.length < 8)
		return;
	struct ip_address host = ip_prefix_host(&prefix, 100);
	g_assert(ip_prefix_contains(&prefix, &host));
}

static void check_mac(const char *text)
{
	struct mac_address mac, again;

	if (!mac_address_parse(text, &mac, NULL))
		return;
	g_autofree char *printed = mac_address_to_string(&mac);
	g_assert(!(mac.bytes[0] & 1));
	g_assert(mac_address_parse(printed, &again, NULL));
	g_assert(memcmp(&mac, &again, sizeof(mac)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	check_address(text);
	check_prefix(text);
	check_mac(text);
	return 0;
}
