/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service - a network for a container of others that is served in the background */
#include "plugins/service.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugins/background.h"
#include "plugins/session.h"
#include "plugins/settings_link.h"
#include "src/failure.h"

/* --- the helper --- */

static struct session *make_session(const struct service *service, GError **error)
{
	struct state_dir *state = registry_add(&service->key, error);
	struct session *session = state ? session_new(service->program, state, error) : NULL;

	if (!session)
		return NULL;
	session_describe(session, REGISTRY_MEMBER, registry_describe(&service->key));
	session_describe(session, SERVICE_NETWORK, json_string_node(service->network));
	if (settings_link_fill_start(service->settings, session_handoff(session), error))
		return session;
	session_free(session);
	return NULL;
}

static bool start_session(struct session *session, const struct service *service, GError **error)
{
	const struct attach_plan plan = {
		.userns = service->target.userns,
		.netns = service->target.netns,
		.link = service->link,
		.has_mac = true,
		.configure = true,
	};
	struct attachment attachment;

	attachment_init(&attachment);
	return attach_build(&plan, &attachment, error) &&
	       session_start(session, &attachment, error) &&
	       session_end_with_netns(session, service->path, service->target.netns, error);
}

/* What became of what was left open. */
static JsonObject *make_report(const struct session *session)
{
	const struct link_config *link = &session_attachment(session)->link;
	g_autofree char *mac = mac_address_to_string(&link->mac);
	JsonObject *report = json_object_new();

	json_object_set_string_member(report, "mac", mac);
	json_object_set_int_member(report, "mtu", link->mtu);
	return report;
}

/* Nobody listens any more once it is ready: what ends it then is no failure of ADD. */
static G_NORETURN void run_helper(struct background *background, const struct service *service)
{
	g_autoptr(GError) error = NULL;
	struct session *session = make_session(service, &error);
	bool started = session && start_session(session, service, &error);

	if (started &&
	    background_ready(background, make_report(session), session_log(session), &error))
		session_run(session, &error);
	else
		background_failed(background, error);
	session_free(session);
	_exit(started ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* --- the caller's process --- */

static bool await_link(struct background *background, struct link_config *link, GError **error)
{
	g_autoptr(JsonObject) report = background_await(background, error);

	if (!report)
		return false;
	link->mtu = (unsigned)json_object_get_int_member(report, "mtu");
	return mac_address_parse(json_object_get_string_member_with_default(report, "mac", ""),
				 &link->mac, error);
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
	struct link_config link = service->link;
	struct background background;

	switch (background_fork(&background, keep, G_N_ELEMENTS(keep), error)) {
	case BACKGROUND_HELPER:
		run_helper(&background, service);
	case BACKGROUND_CALLER:
		if (!await_link(&background, &link, error))
			return false;
		*ret_link = link;
		return true;
	default:
		return false;
	}
}
