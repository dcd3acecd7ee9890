/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_cni - CNI_ARGS in the first line, then any configuration, for each command of the CNI */
#include <string.h>

#include <glib.h>

#include "plugins/cni/config.h"
#include "plugins/cni/error.h"
#include "plugins/cni/request.h"
#include "plugins/cni/result.h"
#include "tests/fuzz/fuzz.h"

/* An error can be told, and in one line. */
static void check_error(const GError *error, enum cni_version version)
{
	g_autoptr(JsonNode) node = cni_error_to_json(error, cni_version_name(version));
	g_autofree char *text = json_to_string(node, false);

	g_assert(error->domain == CNI_ERROR && error->code > 0);
	g_assert(text && !strchr(text, '\n') && strstr(text, "\"msg\":"));
}

/* A result has one interface and two addresses more than before, which are found again. */
static void check_result(const struct cni_config *config)
{
	struct link_config link = {.ifname = "eth0", .mtu = 1500, .mac = {{0x5a, 1, 2, 3, 4, 5}}};
	struct ip_prefix prefix4 = {.length = 24}, prefix6 = {.length = 64};
	g_autoptr(GError) error = NULL;
	struct cni_interface interface;

	ip_address_parse("10.0.2.0", &prefix4.address, NULL);
	ip_address_parse("fd00::", &prefix6.address, NULL);
	link_network_init(&link.v4, &prefix4);
	link_network_init(&link.v6, &prefix6);
	g_autoptr(JsonNode) result = cni_result_make(config, &link, "/fuzz/ns");
	cni_interface_init(&interface);
	if (cni_result_find(json_node_get_object(result), "eth0", "/fuzz/ns", &interface, &error))
		g_assert(interface.addresses->len >= 2 || config->previous);
	else
		g_assert(config->previous && error);
	cni_interface_done(&interface);
}

static void check_command(enum cni_command command, const char *arguments, const char *text,
			  size_t size)
{
	g_autofree char *variable = g_strconcat("CNI_ARGS=", arguments, NULL);
	g_autofree char *name = g_strconcat("CNI_COMMAND=", cni_command_name(command), NULL);
	char *environment[] = {name,
			       variable,
			       (char *)"CNI_CONTAINERID=c1",
			       (char *)"CNI_NETNS=/fuzz/ns",
			       (char *)"CNI_IFNAME=eth0",
			       NULL};
	g_autoptr(GError) error = NULL;
	struct cni_request request;
	struct cni_config config;

	cni_config_init(&config);
	if (!cni_request_parse(environment, &request, &error) ||
	    !cni_config_parse(text, size, &request, &config, &error))
		check_error(error, config.version);
	else if (command == CNI_ADD)
		check_result(&config);
	else if (command == CNI_GC)
		cni_config_is_valid(&config, "c1", "eth0");
	cni_config_done(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
	size_t length = newline ? (size_t)(newline - data) : 0, skip = newline ? length + 1 : 0;
	g_autofree char *arguments = g_strndup((const char *)data, length);
	g_autofree char *text = g_memdup2(size > skip ? data + skip : (const uint8_t *)"",
					  size > skip ? size - skip : 1);

	for (int command = CNI_ADD; command <= CNI_VERSION; command++)
		check_command((enum cni_command)command, arguments, text, size - skip);
	return 0;
}
