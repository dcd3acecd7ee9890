/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record - what is told of a running container: state.json and events follow its changes */
#include "launcher/record.h"

#include "src/failure.h"
#include "src/notice.h"

static void update_json(struct record *record)
{
	g_autofree char *before = record->json;

	record->json = report_update(before, &record->forwarder, record->ports->rules);
}

/* What cannot be written must not end the container. */
static void write_state(const struct record *record)
{
	g_autoptr(GError) error = NULL;

	if (!state_dir_write(record->state, record->json, &error))
		failure_print("netns-run: warning", error);
}

static void update_state(struct record *record)
{
	update_json(record);
	write_state(record);
}

static void tell_of_ports(struct record *record)
{
	const GArray *rules = record->ports->rules;

	events_compare_ports(record->events, record->told, rules);
	g_array_set_size(record->told, 0);
	g_array_append_vals(record->told, rules->data, rules->len);
}

void record_begin(struct record *record)
{
	record->told = g_array_new(FALSE, FALSE, sizeof(struct port_rule));
	update_json(record);
	events_emit(record->events, EVENT_STARTED, report_event(record->json));
	tell_of_ports(record);
}

void record_done(struct record *record)
{
	if (record->settled)
		g_source_remove(record->settled);
	g_clear_pointer(&record->told, g_array_unref);
	g_clear_pointer(&record->json, g_free);
}

/* All that has come of a change, which may be many notices. */
static gboolean on_settled(gpointer data)
{
	struct record *record = data;

	record->settled = 0;
	tell_of_ports(record);
	update_state(record);
	return G_SOURCE_REMOVE;
}

void record_settle(struct record *record)
{
	if (!record->settled)
		return;
	g_source_remove(record->settled);
	on_settled(record);
}

/* Of what is malformed the rest holds. */
static void take_ports(struct record *record, JsonObject *notice, int *fds, size_t n_fds)
{
	port_set_change(record->ports, notice, fds, n_fds, NULL);
	if (!record->settled)
		record->settled = g_idle_add(on_settled, record);
}

/* Another forwarder tells it anew. */
static void tell_of_ping(struct record *record)
{
	if (!record->told_of_ping)
		g_printerr("netns-run: ping is not allowed to users of this host: as root, "
			   "sysctl -w net.ipv4.ping_group_range='0 2147483647' opens it\n");
	record->told_of_ping = true;
}

void record_take_notice(struct record *record, const char *kind, JsonObject *notice, int *fds,
			size_t n_fds)
{
	if (g_str_equal(kind, NOTICE_EVENT))
		events_take_notice(record->events, notice);
	else if (g_str_equal(kind, NOTICE_PORTS))
		take_ports(record, notice, fds, n_fds);
	else if (g_str_equal(kind, NOTICE_PING_REFUSED))
		tell_of_ping(record);
}

static void set_pid(struct record *record, pid_t pid)
{
	/* Without a link it is nobody's network, only who cleans up after us. */
	if (record->forwarder.pid > 0)
		record->forwarder.pid = pid;
}

void record_locked_in(struct record *record, JsonObject *sandbox)
{
	g_autofree char *before = record->json;
	g_autoptr(JsonNode) root = json_from_string(before, NULL);

	json_object_set_object_member(json_node_get_object(root), "launcher_sandbox", sandbox);
	record->json = json_to_string(root, FALSE);
	write_state(record);
}

void record_restarted(struct record *record, pid_t pid, const char *cause)
{
	JsonObject *details = json_object_new();

	json_object_set_string_member(details, "cause", cause);
	events_emit(record->events, EVENT_FORWARDER_RESTARTED, details);
	record->forwarder.restarts++;
	set_pid(record, pid);
	update_state(record);
}

void record_upgraded(struct record *record, pid_t pid)
{
	events_emit(record->events, EVENT_FORWARDER_UPGRADED, NULL);
	record->forwarder.upgrades++;
	set_pid(record, pid);
	update_state(record);
}
