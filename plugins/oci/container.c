/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container - the network of one container of an OCI runtime */
#include "plugins/oci/container.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "link/attach.h"
#include "plugins/netns.h"
#include "plugins/oci/join.h"
#include "plugins/registry.h"
#include "plugins/session.h"
#include "plugins/settings_link.h"
#include "src/failure.h"

#define PROGRAM "netns-oci-hook"
/* How long the helper may take to end once the container's process has. */
#define END_TIMEOUT_MS 2000

static struct registry_key key_of(const struct oci_state *state)
{
	return (struct registry_key){.owner = "oci", .id = state->id};
}

/* --- the helper --- */

struct serving {
	const struct oci_state *state;
	const struct oci_options *options;
	struct state_dir *directory; /* the session's */
	struct session *session;
	struct background *background; /* the hook createRuntime */
	struct background joiner;      /* the hook createContainer, if there is one */
};

/* Opens what the runtime lets us see, or gets it from who is inside. */
static bool open_namespaces(struct serving *serving, struct netns *ret_target, GError **error)
{
	const struct oci_state *state = serving->state;
	g_autofree char *path = g_strdup_printf("/proc/%d/ns/net", (int)state->pid);
	g_autoptr(GError) failure = NULL;

	if (netns_open(path, NULL, ret_target, &failure))
		return true;
	if (failure->code == EACCES && join_is_expected(state))
		return join_await(state, serving->directory, serving->background, ret_target,
				  &serving->joiner, error);
	if (failure->code == EACCES)
		failure_set(error, EACCES,
			    "add netns-oci-hook to hooks.createContainer in config.json as well",
			    "the runtime hides the container's namespaces: %s", failure->message);
	else
		g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

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

static bool attach(struct serving *serving, struct attachment *ret_attachment, GError **error)
{
	struct attach_plan plan = {.has_mac = true, .configure = true};
	struct netns target;

	netns_init(&target);
	bool ok = settings_link_plan(&serving->options->settings, &plan.link, error) &&
		  open_namespaces(serving, &target, error) && check_namespaces(&target, error);
	plan.netns = target.netns;
	plan.userns = target.userns;
	ok = ok && attach_build(&plan, ret_attachment, error);
	netns_done(&target);
	if (ok && ret_attachment->note)
		g_printerr(PROGRAM ": link tap, not gateway: %.*s\n",
			   (int)strcspn(ret_attachment->note, "\n"), ret_attachment->note);
	return ok;
}

static void describe(struct session *session, const struct oci_state *state)
{
	const struct registry_key key = key_of(state);

	session_describe(session, REGISTRY_MEMBER, registry_describe(&key));
	session_describe(session, "child_pid", json_int_node(state->pid));
	if (state->bundle)
		session_describe(session, "bundle", json_string_node(state->bundle));
}

static bool start(struct serving *serving, GError **error)
{
	struct session *session = serving->session;
	struct attachment attachment;

	attachment_init(&attachment);
	if (!attach(serving, &attachment, error))
		return false;
	describe(session, serving->state);
	return settings_link_fill_start(&serving->options->settings, session_handoff(session),
					error) &&
	       session_start(session, &attachment, error) &&
	       session_end_with_process(session, serving->state->pid, error);
}

static bool make_session(struct serving *serving, GError **error)
{
	const struct registry_key key = key_of(serving->state);

	serving->directory = registry_add(&key, error);
	if (!serving->directory)
		return false;
	serving->session = session_new(PROGRAM, serving->directory, error);
	return serving->session;
}

static struct background *waiting_hook(struct serving *serving)
{
	return serving->joiner.socket >= 0 ? &serving->joiner : serving->background;
}

bool container_serve(const struct oci_state *state, const struct oci_options *options,
		     struct background *background, GError **error)
{
	struct serving serving = {
		.state = state,
		.options = options,
		.background = background,
		.joiner.socket = -1,
	};
	bool ok =
		make_session(&serving, error) && start(&serving, error) &&
		background_ready(waiting_hook(&serving), NULL, session_log(serving.session), error);

	if (ok)
		ok = session_run(serving.session, error) != SESSION_FAILED;
	session_free(serving.session);
	/* When it is told of a failure nothing is left. */
	if (!ok && waiting_hook(&serving)->socket >= 0)
		background_failed(waiting_hook(&serving), *error);
	return ok;
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
