/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_cgroup - the verbs of the launcher's socket that work on the container's cgroup */
#include "launcher/session_cgroup.h"

#include <errno.h>

#include "launcher/cgroup.h"
#include "launcher/session_message.h"
#include "launcher/systemd_scope.h"
#include "src/failure.h"

static struct cgroup *get_cgroup(const struct session_context *context, GError **error)
{
	struct cgroup *cgroup = context->container->cgroup;

	if (!cgroup)
		failure_set(
			error, EOPNOTSUPP,
			"start it with a limit, e.g. --pids-limit max, or with --cgroup-parent",
			"the container has no cgroup of its own, as it was started without limits");
	return cgroup;
}

/* systemd's own failure matters only where there is one. */
static struct cgroup *make_cgroup(const struct session_context *context, GError **error)
{
	struct container *container = context->container;
	const pid_t roots[CGROUP_N_ROOTS] = {container->child, container->exec_server};
	g_autoptr(GError) failure = NULL;

	if (!container->cgroup)
		container->cgroup = cgroup_adopt(context->name, roots, context->deputy, &failure);
	if (!failure || failure->code == SYSTEMD_SCOPE_ABSENT || failure->code == ENOTSUP)
		return get_cgroup(context, error);
	g_propagate_error(error, g_steal_pointer(&failure));
	return NULL;
}

static JsonNode *set_frozen(struct session_context *context, bool frozen, GError **error)
{
	struct cgroup *cgroup = frozen ? make_cgroup(context, error) : get_cgroup(context, error);

	if (!cgroup || !cgroup_set_frozen(cgroup, frozen, error))
		return NULL;
	return session_empty_object();
}

JsonNode *session_cgroup_pause(struct session_context *context, JsonObject *arguments G_GNUC_UNUSED,
			       GError **error)
{
	return set_frozen(context, true, error);
}

JsonNode *session_cgroup_resume(struct session_context *context,
				JsonObject *arguments G_GNUC_UNUSED, GError **error)
{
	return set_frozen(context, false, error);
}

/* The text that the command line would have; NULL for what is no single value. */
static char *value_text(JsonNode *node)
{
	enum json_value type =
		JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : JSON_VALUE_INVALID;
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	if (type == JSON_VALUE_STRING)
		return g_strdup(json_node_get_string(node));
	if (type == JSON_VALUE_INT64)
		return g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
	if (type == JSON_VALUE_DOUBLE)
		return g_strdup(g_ascii_formatd(number, sizeof(number), "%.6f",
						json_node_get_double(node)));
	return NULL;
}

static bool parse_changes(JsonObject *arguments, struct limits *changes, GError **error)
{
	g_autoptr(GList) names = json_object_get_members(arguments);

	for (GList *name = names; name; name = name->next) {
		JsonNode *node = json_object_get_member(arguments, name->data);
		g_autofree char *text = value_text(node);
		if (!limits_parse_member(changes, name->data, text ? text : "", error))
			return false;
	}
	if (limits_any(changes))
		return true;
	failure_set(error, EINVAL, "name a limit and its value, e.g. memory 512m",
		    "there is nothing to update");
	return false;
}

JsonNode *session_cgroup_update(struct session_context *context, JsonObject *arguments,
				GError **error)
{
	struct limits changes = {0};

	if (!parse_changes(arguments, &changes, error))
		return NULL;
	struct cgroup *cgroup = make_cgroup(context, error);
	if (!cgroup || !cgroup_apply(cgroup, &changes, error))
		return NULL;
	return session_empty_object();
}

JsonNode *session_cgroup_stats(struct session_context *context, JsonObject *arguments G_GNUC_UNUSED,
			       GError **error)
{
	struct cgroup *cgroup = get_cgroup(context, error);
	g_autoptr(JsonBuilder) builder = json_builder_new();

	if (!cgroup)
		return NULL;
	json_builder_begin_object(builder);
	cgroup_add_stats(cgroup, builder);
	json_builder_end_object(builder);
	return json_builder_get_root(builder);
}

bool session_cgroup_check_runs(const struct session_context *context, GError **error)
{
	const struct cgroup *cgroup = context->container->cgroup;
	g_autofree char *cure = g_strdup_printf("netns-ctl %s resume", context->name);

	if (!cgroup || !cgroup_is_frozen(cgroup))
		return true;
	failure_set(error, EBUSY, cure, "container '%s' is paused", context->name);
	return false;
}

void session_cgroup_inspect(const struct session_context *context, JsonObject *state)
{
	const struct cgroup *cgroup = context->container->cgroup;
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_object_set_boolean_member(state, "paused", cgroup && cgroup_is_frozen(cgroup));
	if (!cgroup)
		return;
	json_builder_begin_object(builder);
	limits_add_json(cgroup_limits(cgroup), builder);
	json_builder_end_object(builder);
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	JsonNode *limits = json_object_dup_member(json_node_get_object(root), "limits");
	json_object_set_member(state, "limits", limits);
}
