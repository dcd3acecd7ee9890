/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_fixture - a container's control context on ports that nobody binds */
#include "tests/unit/control_fixture.h"

#include <fcntl.h>
#include <string.h>

#include "src/failure.h"
#include "src/json_add.h"

static void note(struct control_fixture *fixture, const char *what,
		 const struct port_binding *binding)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	g_string_append_printf(fixture->calls, "%s %s %s %u\n", what,
			       binding->protocol == IPPROTO_UDP ? "udp" : "tcp",
			       ip_address_text(&binding->host, text), binding->host_port);
}

static bool on_open(void *opaque G_GNUC_UNUSED, struct port_binding *binding)
{
	binding->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (binding->host_port == 0)
		binding->host_port = 40000;
	return binding->fd >= 0;
}

static bool on_publish(void *opaque, const struct port_binding *binding, GError **error)
{
	struct control_fixture *fixture = opaque;

	if (fixture->publish_errnum) {
		failure_set(error, fixture->publish_errnum, NULL, "publish");
		return false;
	}
	note(fixture, "publish", binding);
	return true;
}

static void on_unpublish(void *opaque, const struct port_binding *binding)
{
	note(opaque, "unpublish", binding);
}

static void on_list_flows(struct flow_page *page, void *opaque)
{
	const struct control_fixture *fixture = opaque;

	for (guint i = 0; i < fixture->flows->len; i++) {
		const struct flow_record *record =
			&g_array_index(fixture->flows, struct flow_record, i);
		if (flow_page_wants(page, record->identity.id))
			flow_page_add(page, record);
	}
}

static void on_describe_traffic(JsonBuilder *builder, void *opaque G_GNUC_UNUSED)
{
	json_add_int(builder, "sum", 42);
}

void control_fixture_init(struct control_fixture *fixture)
{
	const struct port_backend backend = {on_publish, on_unpublish, fixture, on_open};
	struct ip_prefix prefix;

	*fixture = (struct control_fixture){
		.link = {.kind = LINK_TAP,
			 .ifname = "eth0",
			 .mtu = 1500,
			 .mac = {{2, 1, 2, 3, 4, 5}}},
		.calls = g_string_new(NULL),
	};
	g_assert_true(ip_prefix_parse("10.0.2.0/24", &prefix, NULL));
	link_network_init(&fixture->link.v4, &prefix);
	g_assert_true(ip_prefix_parse("fd00::/64", &prefix, NULL));
	link_network_init(&fixture->link.v6, &prefix);
	fixture->ports = port_table_new(&fixture->link, &backend);
	fixture->ledger = ledger_new();
	ledger_set_ports(fixture->ledger, fixture->ports, &fixture->link);
	fixture->flows = g_array_new(FALSE, FALSE, sizeof(struct flow_record));
	fixture->context = (struct control_context){
		.name = "web",
		.link = &fixture->link,
		.ports = fixture->ports,
		.ledger = fixture->ledger,
		.list_flows = on_list_flows,
		.describe_traffic = on_describe_traffic,
		.opaque = fixture,
	};
}

void control_fixture_done(struct control_fixture *fixture)
{
	port_table_free(fixture->ports);
	ledger_free(fixture->ledger);
	g_array_unref(fixture->flows);
	g_string_free(fixture->calls, TRUE);
}

char *control_fixture_execute(const struct control_fixture *fixture, const char *request)
{
	/* Without a terminator: ASan sees every byte that is read too far. */
	size_t size = strlen(request);
	g_autofree char *text = g_malloc(MAX(size, 1));

	memcpy(text, request, size);
	return control_execute(&fixture->context, text, size);
}
