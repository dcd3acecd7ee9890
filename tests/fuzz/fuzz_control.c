/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_control - any request to the control socket, line by line, on one table of ports */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "forwarder/control.h"
#include "tests/fuzz/fuzz.h"

/* Odd ports cannot be had. EADDRNOTAVAIL, because the owner of a port is not searched for then. */
static bool on_open(void *opaque G_GNUC_UNUSED, struct port_binding *binding)
{
	binding->fd = -1;
	if (binding->host_port == 0)
		binding->host_port = 40000;
	errno = EADDRNOTAVAIL;
	return binding->host_port % 2 == 0;
}

static bool on_publish(void *opaque G_GNUC_UNUSED, const struct port_binding *binding,
		       GError **error G_GNUC_UNUSED)
{
	g_assert(binding->host.family == binding->guest.family);
	g_assert(binding->host.family != AF_UNSPEC && binding->rule_id);
	g_assert(binding->host_port && binding->guest_port);
	return true;
}

static void on_unpublish(void *opaque G_GNUC_UNUSED,
			 const struct port_binding *binding G_GNUC_UNUSED)
{
}

/* Some more flows than fit on a page. */
static void on_list_flows(struct flow_page *page, void *opaque G_GNUC_UNUSED)
{
	for (uint64_t id = 1; id <= FLOW_PAGE_MAX + 10; id++) {
		const struct flow_record record = {
			.identity = {.id = id, .ends.command_port = (uint16_t)id},
			.protocol = IPPROTO_UDP,
			.bytes_to_command = id,
		};

		if (flow_page_wants(page, id))
			flow_page_add(page, &record);
	}
}

static void on_describe_traffic(JsonBuilder *builder G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
}

/* Whatever was asked, the reply is one object with either of two members, on one line. */
static void check_reply(const char *reply)
{
	g_autoptr(JsonNode) root = json_from_string(reply, NULL);

	g_assert(root && JSON_NODE_HOLDS_OBJECT(root) && !strchr(reply, '\n'));
	JsonObject *object = json_node_get_object(root);
	g_assert(json_object_has_member(object, "return") !=
		 json_object_has_member(object, "error"));
}

static void execute(const struct control_context *context, const char *line, size_t size)
{
	g_autofree char *exact = g_memdup2(line, size ? size : 1);
	g_autofree char *reply = control_execute(context, exact, size);

	check_reply(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct port_backend backend = {on_publish, on_unpublish, NULL, on_open};
	struct link_config link = {.kind = LINK_TAP, .ifname = "eth0", .mtu = 1500};
	struct ip_prefix prefix;
	g_autofree char *text = g_strndup((const char *)data, size);
	const char *end = text + size;

	ip_prefix_parse("10.0.2.0/24", &prefix, NULL);
	link_network_init(&link.v4, &prefix);
	ip_prefix_parse("fd00::/64", &prefix, NULL);
	link_network_init(&link.v6, &prefix);
	struct port_table *ports = port_table_new(&link, &backend);
	struct ledger *ledger = ledger_new();
	const struct control_context context = {
		.name = "fuzz",
		.link = &link,
		.ports = ports,
		.ledger = ledger,
		.list_flows = on_list_flows,
		.describe_traffic = on_describe_traffic,
	};
	ledger_set_ports(ledger, ports, &link);
	for (const char *line = text; line <= end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *stop = newline ? newline : end;
		execute(&context, line, (size_t)(stop - line));
		line = stop + 1;
	}
	port_table_free(ports);
	ledger_free(ledger);
	return 0;
}
