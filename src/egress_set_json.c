/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress_set_json - an egress set as JSON, and as a memory file */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/egress_set.h"
#include "src/failure.h"
#include "src/handoff_message.h"
#include "src/json_add.h"

/* Hundreds of thousands of rules. */
#define FILE_SIZE_MAX (64 * 1024 * 1024)

static void add_rule(JsonBuilder *builder, const struct egress_rule *rule)
{
	g_autofree char *text = egress_rule_to_string(rule);

	json_builder_begin_object(builder);
	json_add_int(builder, "id", rule->id);
	json_add_string(builder, "action", egress_action_name(rule->action));
	json_add_string(builder, "rule", text);
	json_add_bool(builder, "from_file", rule->is_from_file);
	json_builder_end_object(builder);
}

JsonNode *egress_set_to_json(const struct egress_set *set)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	json_add_string(builder, "default", egress_action_name(set->fallback));
	json_add_bool(builder, "default_fixed", set->is_fallback_fixed);
	json_add_int(builder, "pin_seconds", set->pin_seconds);
	json_add_int(builder, "last_id", set->last_id);
	if (set->file)
		json_add_string(builder, "file", set->file);
	json_builder_set_member_name(builder, "rules");
	json_builder_begin_array(builder);
	for (guint i = 0; i < set->rules->len; i++)
		add_rule(builder, set->rules->pdata[i]);
	json_builder_end_array(builder);
	json_builder_end_object(builder);
	return json_builder_get_root(builder);
}

static bool read_rule(struct egress_set *set, JsonObject *object, GError **error)
{
	gint64 id = json_object_get_int_member(object, "id");
	enum egress_action action;

	if (id < 1 || id > set->last_id)
		return handoff_message_malformed(error, "id of an egress rule");
	if (!egress_action_parse(json_object_get_string_member_with_default(object, "action", ""),
				 &action, error))
		return false;
	struct egress_rule *rule = egress_rule_parse(
		action, json_object_get_string_member_with_default(object, "rule", ""), error);
	if (!rule)
		return false;
	rule->id = (unsigned)id;
	rule->is_from_file =
		json_object_get_boolean_member_with_default(object, "from_file", false);
	g_ptr_array_add(set->rules, rule);
	return true;
}

static bool read_rules(struct egress_set *set, JsonArray *rules, GError **error)
{
	for (guint i = 0; rules && i < json_array_get_length(rules); i++) {
		JsonObject *object = json_array_get_object_element(rules, i);

		if (!object)
			return handoff_message_malformed(error, "egress rule");
		if (!read_rule(set, object, error))
			return false;
	}
	return true;
}

static bool read_set(struct egress_set *set, JsonObject *object, GError **error)
{
	gint64 last_id = json_object_get_int_member(object, "last_id");
	gint64 pin =
		json_object_get_int_member_with_default(object, "pin_seconds", EGRESS_PIN_SECONDS);

	if (last_id < 0 || last_id > G_MAXINT)
		return handoff_message_malformed(error, "last id of the egress rules");
	set->last_id = (unsigned)last_id;
	set->pin_seconds = (unsigned)CLAMP(pin, 1, EGRESS_PIN_SECONDS_MAX);
	set->file = g_strdup(json_object_get_string_member(object, "file"));
	set->is_fallback_fixed =
		json_object_get_boolean_member_with_default(object, "default_fixed", false);
	return egress_action_parse(
		       json_object_get_string_member_with_default(object, "default", "allow"),
		       &set->fallback, error) &&
	       read_rules(set, json_object_get_array_member(object, "rules"), error);
}

struct egress_set *egress_set_from_json(JsonNode *node, GError **error)
{
	struct egress_set *set = egress_set_new();

	if (!JSON_NODE_HOLDS_OBJECT(node))
		handoff_message_malformed(error, "egress set");
	else if (read_set(set, json_node_get_object(node), error))
		return set;
	egress_set_free(set);
	return NULL;
}

static bool write_all(int fd, const char *text)
{
	size_t size = strlen(text);

	for (size_t done = 0; done < size;) {
		ssize_t written = write(fd, text + done, size - done);
		if (written < 0)
			return false;
		done += (size_t)written;
	}
	return true;
}

int egress_set_text_to_fd(const char *text, GError **error)
{
	autoclose int fd = memfd_create("egress", MFD_CLOEXEC);

	if (fd < 0 || !write_all(fd, text)) {
		failure_errno(error, "write the egress rules into memory");
		return -1;
	}
	return g_steal_fd(&fd);
}

int egress_set_to_fd(const struct egress_set *set, GError **error)
{
	g_autoptr(JsonNode) node = egress_set_to_json(set);
	g_autofree char *text = json_to_string(node, false);

	return egress_set_text_to_fd(text, error);
}

/* A file, not a pipe or a device that could make us wait. */
static char *read_text(int fd, GError **error)
{
	struct stat status;

	if (fstat(fd, &status) < 0) {
		failure_errno(error, "read the egress rules");
		return NULL;
	}
	if (!S_ISREG(status.st_mode) || status.st_size > FILE_SIZE_MAX) {
		failure_set(error, EINVAL, "give a regular file, or a memory file",
			    "egress rules come in a file of up to %d MiB",
			    FILE_SIZE_MAX / 1024 / 1024);
		return NULL;
	}
	size_t size = (size_t)status.st_size;
	g_autofree char *text = g_malloc0(size + 1);
	/* pread(2): who sent the descriptor may send it again. */
	if (pread(fd, text, size, 0) != (ssize_t)size) {
		failure_errno(error, "read the egress rules");
		return NULL;
	}
	/* What follows a NUL byte would be lost. */
	if (strlen(text) == size)
		return g_steal_pointer(&text);
	failure_set(error, EINVAL, NULL, "egress rules with a NUL byte");
	return NULL;
}

struct egress_set *egress_set_from_fd(int fd, GError **error)
{
	g_autofree char *text = read_text(fd, error);
	g_autoptr(JsonNode) node = text ? json_from_string(text, error) : NULL;

	return node ? egress_set_from_json(node, error) : NULL;
}

bool egress_set_take_fd(struct egress_set *set, int fd, GError **error)
{
	g_autofree char *text = read_text(fd, error);

	return text && egress_set_take_text(set, text, error);
}
