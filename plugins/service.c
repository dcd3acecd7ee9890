/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service - a network for a container of others that is served in the background */
#include "plugins/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link/attach.h"
#include "plugins/session.h"
#include "plugins/settings_link.h"
#include "src/failure.h"

/* --- the helper --- */

JsonObject *service_describe_network(const char *network)
{
	JsonObject *description = json_object_new();

	json_object_set_string_member(description, SERVICE_NETWORK, network);
	return description;
}

static void describe(struct session *session, const struct service *service)
{
	g_autoptr(GList) names =
		service->description ? json_object_get_members(service->description) : NULL;

	session_describe(session, REGISTRY_MEMBER, registry_describe(&service->key));
	for (const GList *name = names; name; name = name->next)
		session_describe(session, name->data,
				 json_object_dup_member(service->description, name->data));
}

static bool watch_end(struct session *session, const struct service *service, int netns,
		      GError **error)
{
	if (service->path)
		return session_end_with_netns(session, service->path, netns, error);
	return session_end_with_process(session, service->pid, error);
}

static bool attach(const struct service *service, const struct netns *target,
		   struct attachment *ret_attachment, GError **error)
{
	const struct attach_plan plan = {
		.userns = target->userns,
		.netns = target->netns,
		.link = service->link,
		.has_mac = true,
		.configure = true,
		.keeps_routes = service->keeps_routes,
	};

	if (!attach_build(&plan, ret_attachment, error))
		return false;
	if (ret_attachment->note)
		g_printerr("%s: link tap, not gateway: %.*s\n", service->program,
			   (int)strcspn(ret_attachment->note, "\n"), ret_attachment->note);
	return true;
}

static bool start_session(struct session *session, const struct service *service,
			  const struct netns *target, GError **error)
{
	struct attachment attachment;

	attachment_init(&attachment);
	describe(session, service);
	return settings_link_fill_start(service->settings, session_handoff(session), error) &&
	       watch_end(session, service, target->netns, error) &&
	       attach(service, target, &attachment, error) &&
	       session_start(session, &attachment, error);
}

static bool open_and_start(struct session *session, const struct service *service,
			   struct state_dir *directory, struct background *caller, GError **error)
{
	struct netns target;

	if (!service->open)
		return start_session(session, service, &service->target, error);
	netns_init(&target);
	bool started = service->open(service->opaque, directory, caller, &target, error) &&
		       start_session(session, service, &target, error);
	netns_done(&target);
	return started;
}

/* What became of what was left open. */
static JsonObject *make_report(const struct session *session)
{
	const struct link_config *link = &session_attachment(session)->link;
	g_autofree char *mac = mac_address_to_string(&link->mac);
	JsonObject *report = json_object_new();

	json_object_set_string_member(report, "mac", mac);
	json_object_set_int_member(report, "mtu", link->mtu);
	json_object_set_boolean_member(report, "secondary4", link->v4.is_secondary);
	json_object_set_boolean_member(report, "secondary6", link->v6.is_secondary);
	return report;
}

/* Until the end. */
static bool serve(const struct service *service, struct background *caller, GError **error)
{
	struct state_dir *directory = registry_add(&service->key, error);
	struct session *session =
		directory ? session_new(service->program, directory, error) : NULL;
	bool ok = session && open_and_start(session, service, directory, caller, error) &&
		  background_ready(caller, make_report(session), session_log(session), error) &&
		  session_run(session, error) != SESSION_FAILED;

	session_free(session);
	/* When somebody is told of a failure nothing is left. */
	if (!ok && caller->socket >= 0)
		background_failed(caller, *error);
	else if (!ok)
		failure_print(service->program, *error);
	return ok;
}

static G_NORETURN void run_helper(struct background *background, const struct service *service)
{
	g_autoptr(GError) error = NULL;

	_exit(serve(service, background, &error) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* --- the caller's process --- */

static bool await_link(struct background *background, const struct link_config *planned,
		       struct link_config *ret_link, GError **error)
{
	g_autoptr(JsonObject) report = background_await(background, error);
	struct link_config link = *planned;

	if (!report || !ret_link)
		return report;
	link.mtu = (unsigned)json_object_get_int_member(report, "mtu");
	link.v4.is_secondary =
		json_object_get_boolean_member_with_default(report, "secondary4", false);
	link.v6.is_secondary =
		json_object_get_boolean_member_with_default(report, "secondary6", false);
	if (!mac_address_parse(json_object_get_string_member_with_default(report, "mac", ""),
			       &link.mac, error))
		return false;
	*ret_link = link;
	return true;
}

bool service_open(const char *path, struct netns *ret_target, GError **error)
{
	struct netns target;

	if (!g_path_is_absolute(path)) {
		failure_set(error, EINVAL, NULL, "the path %s does not begin with /", path);
		return false;
	}
	netns_init(&target);
	if (!netns_open(path, NULL, &target, error))
		return false;
	if (!netns_is_own(&target)) {
		*ret_target = target;
		return true;
	}
	netns_done(&target);
	failure_set(error, EEXIST, "give the container a network namespace of its own",
		    "%s is the host's own network namespace", path);
	return false;
}

bool service_start(const struct service *service, struct link_config *ret_link, GError **error)
{
	const int keep[] = {service->target.netns, service->target.userns};
	struct background background;

	switch (background_fork(&background, keep, G_N_ELEMENTS(keep), error)) {
	case BACKGROUND_HELPER:
		run_helper(&background, service);
	case BACKGROUND_CALLER:
		return await_link(&background, &service->link, ret_link, error);
	default:
		return false;
	}
}
