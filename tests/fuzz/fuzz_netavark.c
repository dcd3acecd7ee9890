/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_netavark - any network, and any container in one, as netavark tells of them */
#include <string.h>

#include <glib.h>

#include "plugins/netavark/network.h"
#include "src/failure.h"
#include "tests/fuzz/fuzz.h"

/* A network that can be made is one that can be made again of what was kept. */
static void check_network(const char *text, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) network = netavark_network_create(text, size, &error);

	if (!network) {
		g_assert(error && error->domain == FAILURE);
		return;
	}
	g_autofree char *kept = json_to_string(network, false);
	g_autoptr(JsonNode) again = netavark_network_create(kept, strlen(kept), NULL);
	g_assert(again && json_node_equal(network, again));
}

static void check_request(const char *text, size_t size, bool is_end)
{
	struct link_config link = {.ifname = "eth0", .mtu = 1500};
	struct ip_prefix prefix = {.length = 24};
	g_autoptr(GError) error = NULL;
	struct netavark_request request;

	ip_address_parse("10.0.2.0", &prefix.address, NULL);
	link_network_init(&link.v4, &prefix);
	netavark_request_init(&request);
	if (netavark_request_parse(text, size, is_end, &request, &error)) {
		g_autoptr(JsonNode) answer = netavark_request_answer(&request, &link);
		g_assert(*request.container_id && *request.ifname && *request.network && answer);
	} else {
		g_assert(error && error->domain == FAILURE);
	}
	netavark_request_done(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_memdup2(size ? data : (const uint8_t *)"", size ? size : 1);

	check_network(text, size);
	check_request(text, size, false);
	check_request(text, size, true);
	return 0;
}
