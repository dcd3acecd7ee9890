/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container - the network of one container of an OCI runtime */
#include "plugins/oci/container.h"

#include <errno.h>
#include <signal.h>

#include "plugins/oci/join.h"
#include "plugins/service.h"
#include "plugins/settings_link.h"
#include "src/failure.h"

#define PROGRAM "netns-oci-hook"
/* How long the helper may take to end once the container's process has. */
#define END_TIMEOUT_MS 2000

static struct registry_key key_of(const struct oci_state *state)
{
	return (struct registry_key){.owner = "oci", .id = state->id};
}

/* --- createRuntime --- */

static bool check_namespaces(const struct netns *target, GError **error)
{
	if (!netns_is_own(target))
		return true;
	failure_set(error, EINVAL,
		    "add {\"type\": \"network\"} to linux.namespaces in config.json, or take "
		    "--network none with podman",
		    "the container has no network namespace of its own");
	return false;
}

/* What the runtime lets us see; else who is inside brings it. */
static bool open_namespaces(const void *opaque, struct state_dir *directory,
			    struct background *hook, struct netns *ret_target, GError **error)
{
	const struct oci_state *state = opaque;
	g_autofree char *path = g_strdup_printf("/proc/%d/ns/net", (int)state->pid);
	g_autoptr(GError) failure = NULL;

	if (netns_open(path, NULL, ret_target, &failure))
		return check_namespaces(ret_target, error);
	if (failure->code == EACCES && join_is_expected(state))
		return join_await(state, directory, hook, ret_target, error) &&
		       check_namespaces(ret_target, error);
	if (failure->code == EACCES)
		failure_set(error, EACCES,
			    "add netns-oci-hook to hooks.createContainer in config.json as well",
			    "the runtime hides the container's namespaces: %s", failure->message);
	else
		g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

static JsonObject *describe(const struct oci_state *state)
{
	JsonObject *description = json_object_new();

	json_object_set_int_member(description, "child_pid", state->pid);
	if (state->bundle)
		json_object_set_string_member(description, "bundle", state->bundle);
	return description;
}

bool container_start(const struct oci_state *state, const struct oci_options *options,
		     GError **error)
{
	g_autoptr(JsonObject) description = describe(state);
	struct service service = {
		.program = PROGRAM,
		.key = key_of(state),
		.settings = &options->settings,
		.description = description,
		.open = open_namespaces,
		.opaque = state,
		.pid = state->pid,
	};

	netns_init(&service.target);
	return settings_link_plan(&options->settings, &service.link, error) &&
	       service_start(&service, NULL, error);
}

/* --- poststop --- */

/* A number that another process has got meanwhile counts as well: then nothing is ended. */
static bool has_process(const struct registry_key *key)
{
	g_autoptr(JsonObject) state = registry_read(key, NULL);
	gint64 pid = state ? json_object_get_int_member(state, "child_pid") : 0;

	return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

bool container_end(const struct oci_state *state, GError **error)
{
	const struct registry_key key = key_of(state);

	/* It sees the end of the process by itself: whoever still serves may serve another one. */
	if (registry_await_end(&key, END_TIMEOUT_MS) || !has_process(&key))
		return registry_end(&key, error);
	failure_set(error, EBUSY, "give each container an id of its own",
		    "the network of '%s' stays, as the process that it was made for lives",
		    state->id);
	return false;
}
