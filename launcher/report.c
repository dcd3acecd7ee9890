/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report - tells others about the container: state.json, --info-fd, --pid-file, --ready-fd */
#include "launcher/report.h"

#include <string.h>
#include <unistd.h>

#include "launcher/privilege.h"
#include "launcher/idmap.h"
#include "launcher/report_filesystem.h"
#include "launcher/report_link.h"
#include "src/failure.h"
#include "src/json.h"
#include "src/json_add.h"

static void add_map(JsonBuilder *builder, const char *name, const char *list,
		    const struct idmap_side *side)
{
	const struct id_extents *extents = &side->extents;

	json_add_string(builder, name, idmap_mode_name(side->mode));
	json_builder_set_member_name(builder, list);
	json_builder_begin_array(builder);
	for (unsigned i = 0; i < extents->n; i++) {
		json_builder_begin_object(builder);
		json_add_int(builder, "inside", extents->at[i].inside);
		json_add_int(builder, "outside", extents->at[i].outside);
		json_add_int(builder, "count", extents->at[i].count);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
}

static void add_identity(JsonBuilder *builder, const struct options *options,
			 const struct idmap *idmap)
{
	add_map(builder, "uidmap", "uid_ranges", &idmap->uid);
	add_map(builder, "gidmap", "gid_ranges", &idmap->gid);
	if (idmap_note(idmap))
		json_add_string(builder, "idmap_reason", idmap_note(idmap));
	if (options->identity.user)
		json_add_string(builder, "user", options->identity.user);
}

static void add_array(JsonBuilder *builder, const char *name)
{
	json_builder_set_member_name(builder, name);
	json_builder_begin_array(builder);
}

char *report_json(const struct options *options, const char *name, const struct link_config *link,
		  const struct container *container, const GArray *ports)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *started = g_date_time_format_iso8601(now);

	json_builder_begin_object(builder);
	json_add_string(builder, "name", name);
	json_add_int(builder, "pid", getpid());
	json_add_int(builder, "child_pid", container->command);
	json_add_string(builder, "net", network_mode_name(options->network.mode));
	if (options->network.mode == NETWORK_USER)
		report_link(builder, link);
	add_identity(builder, options, container->idmap);
	add_array(builder, "ports");
	for (guint i = 0; i < ports->len; i++)
		json_builder_add_value(
			builder, port_rule_to_json(&g_array_index(ports, struct port_rule, i)));
	json_builder_end_array(builder);
	json_add_string(builder, "rootfs", options->rootfs);
	report_filesystem(builder, &options->filesystem);
	add_array(builder, "command");
	for (char **word = options->command; *word; word++) {
		g_autofree char *valid = g_utf8_make_valid(*word, -1);
		json_builder_add_string_value(builder, valid);
	}
	json_builder_end_array(builder);
	if (container->cgroup)
		json_add_string(builder, "cgroup", cgroup_path(container->cgroup));
	limits_add_json(&options->limits.limits, builder);
	rlimits_add_json(&options->limits.rlimits, builder);
	privilege_add_json(container->privilege, builder);
	json_add_string(builder, "started", started);
	json_builder_end_object(builder);
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	return json_to_string(root, FALSE);
}

JsonObject *report_event(const char *json)
{
	static const char *const members[] = {"pid", "child_pid", "net", "link"};
	g_autoptr(JsonNode) root = json_from_string(json, NULL);
	JsonObject *whole = json_node_get_object(root);
	JsonObject *details = json_object_new();

	for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
		if (json_object_has_member(whole, members[i]))
			json_object_set_member(details, members[i],
					       json_object_dup_member(whole, members[i]));
	}
	return details;
}

static JsonArray *ports_array(const GArray *ports)
{
	JsonArray *array = json_array_sized_new(ports->len);

	for (guint i = 0; i < ports->len; i++)
		json_array_add_element(
			array, port_rule_to_json(&g_array_index(ports, struct port_rule, i)));
	return array;
}

static JsonObject *forwarder_object(const struct report_forwarder *forwarder)
{
	JsonObject *object = json_object_new();

	json_object_set_int_member(object, "pid", forwarder->pid);
	json_object_set_int_member(object, "restarts", forwarder->restarts);
	json_object_set_int_member(object, "upgrades", forwarder->upgrades);
	return object;
}

char *report_update(const char *json, const struct report_forwarder *forwarder, const GArray *ports)
{
	g_autoptr(JsonNode) root = json_from_string(json, NULL);
	JsonObject *object = json_node_get_object(root);

	json_object_set_array_member(object, "ports", ports_array(ports));
	if (forwarder->pid > 0)
		json_object_set_object_member(object, "forwarder", forwarder_object(forwarder));
	return json_to_string(root, FALSE);
}

static bool write_and_close(int fd, const char *what, const char *text, GError **error)
{
	size_t size = strlen(text);

	if (fd < 0)
		return true;
	bool written = write(fd, text, size) == (ssize_t)size;
	if (!written)
		failure_errno(error, "write to %s", what);
	close(fd);
	return written;
}

bool report_info(int fd, const char *text, GError **error)
{
	g_autofree char *line = g_strconcat(text, "\n", NULL);

	return write_and_close(fd, "--info-fd", line, error);
}

bool report_ready(int fd, GError **error)
{
	return write_and_close(fd, "--ready-fd", "1", error);
}

bool report_pid_file(const char *path, pid_t pid, GError **error)
{
	g_autofree char *text = g_strdup_printf("%d\n", (int)pid);
	g_autoptr(GError) failure = NULL;

	if (!path || g_file_set_contents(path, text, -1, &failure))
		return true;
	failure_set(error, 0, NULL, "write --pid-file: %s", failure->message);
	return false;
}

void report_chosen_ports(const char *program, const GArray *wanted, const GArray *bound)
{
	for (guint i = 0; i < MIN(wanted->len, bound->len); i++) {
		const struct port_rule *rule = &g_array_index(wanted, struct port_rule, i);
		if (rule->host_first != 0 || rule->source[0])
			continue;
		g_autofree char *text =
			port_rule_to_string(&g_array_index(bound, struct port_rule, i));
		g_printerr("%s: published %s\n", program, text);
	}
}
