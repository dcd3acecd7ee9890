/* SPDX-License-Identifier: GPL-2.0-or-later */
/* denials - tells the launcher which flows policy has denied, at a bounded rate */
#include "forwarder/denials.h"

#include <netinet/in.h>
#include <stdbool.h>

#include "forwarder/flow.h"
#include "src/event_kind.h"

#define WINDOW_MS 1000

struct denials {
	struct notifier *notifier;
	guint timer; /* ends the window, or 0 */
	unsigned n_kinds;
	uint64_t suppressed; /* of kinds that found no place */
	struct {
		struct denied_flow flow;
		uint64_t repeats;
	} kinds[DENIALS_KINDS];
};

struct denials *denials_new(struct notifier *notifier)
{
	struct denials *denials = g_new0(struct denials, 1);

	denials->notifier = notifier;
	return denials;
}

static void add_endpoint(JsonObject *details, const char *name, const struct ip_address *address,
			 uint16_t port)
{
	char text[IP_ADDRESS_TEXT_SIZE];
	g_autofree char *endpoint = NULL;

	ip_address_text(address, text);
	if (port)
		endpoint = g_strdup_printf(address->family == AF_INET6 ? "[%s]:%u" : "%s:%u", text,
					   port);
	json_object_set_string_member(details, name, endpoint ? endpoint : text);
}

static void add_flow(JsonObject *details, const struct denied_flow *flow)
{
	bool is_look_up = flow->destination.family == AF_UNSPEC;

	json_object_set_string_member(details, "protocol",
				      is_look_up ? "dns" : flow_protocol_name(flow->protocol));
	if (!is_look_up) {
		add_endpoint(details, "source", &flow->source, flow->source_port);
		add_endpoint(details, "destination", &flow->destination, flow->destination_port);
	}
	if (flow->name)
		json_object_set_string_member(details, "name", flow->name);
	json_object_set_string_member(details, "reason", flow->reason);
	if (flow->rule)
		json_object_set_int_member(details, "rule", flow->rule);
}

/* count 0: there is no flow to name. */
static void tell(struct denials *denials, const struct denied_flow *flow, uint64_t count)
{
	JsonNode *root = json_node_new(JSON_NODE_OBJECT);
	JsonObject *details = json_node_get_object(root);

	if (count)
		add_flow(details, flow);
	json_object_set_int_member(details, "count", (gint64)count);
	if (denials->suppressed)
		json_object_set_int_member(details, "suppressed", (gint64)denials->suppressed);
	denials->suppressed = 0;
	notifier_event(denials->notifier, event_kind_name(EVENT_FLOW_DENIED), root);
}

static gboolean end_window(gpointer data)
{
	struct denials *denials = data;

	for (unsigned i = 0; i < denials->n_kinds; i++) {
		if (denials->kinds[i].repeats)
			tell(denials, &denials->kinds[i].flow, denials->kinds[i].repeats);
		g_free((char *)denials->kinds[i].flow.name);
	}
	if (denials->suppressed)
		tell(denials, NULL, 0);
	denials->n_kinds = 0;
	denials->timer = 0;
	return G_SOURCE_REMOVE;
}

void denials_free(struct denials *denials)
{
	if (!denials)
		return;
	if (denials->timer)
		g_source_remove(denials->timer);
	end_window(denials);
	g_free(denials);
}

static bool is_same_kind(const struct denied_flow *a, const struct denied_flow *b)
{
	return a->protocol == b->protocol && a->destination_port == b->destination_port &&
	       g_strcmp0(a->reason, b->reason) == 0 && a->rule == b->rule &&
	       g_strcmp0(a->name, b->name) == 0 && ip_address_equal(&a->source, &b->source) &&
	       ip_address_equal(&a->destination, &b->destination);
}

void denials_note(struct denials *denials, const struct denied_flow *flow)
{
	if (!denials)
		return;
	for (unsigned i = 0; i < denials->n_kinds; i++) {
		if (is_same_kind(&denials->kinds[i].flow, flow)) {
			denials->kinds[i].repeats++;
			return;
		}
	}
	if (!denials->timer)
		denials->timer = g_timeout_add(WINDOW_MS, end_window, denials);
	if (denials->n_kinds == DENIALS_KINDS) {
		denials->suppressed++;
		return;
	}
	denials->kinds[denials->n_kinds].flow = *flow;
	denials->kinds[denials->n_kinds].flow.name = g_strdup(flow->name);
	denials->kinds[denials->n_kinds++].repeats = 0;
	tell(denials, flow, 1);
}

void denials_note_name(struct denials *denials, const char *name, unsigned rule)
{
	const struct denied_flow look_up = {.reason = DENIED_BY_EGRESS, .rule = rule, .name = name};

	denials_note(denials, &look_up);
}
