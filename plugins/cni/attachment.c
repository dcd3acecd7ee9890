/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attachment - a container's network for CNI: made by ADD, ended by DEL */
#include "plugins/cni/attachment.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugins/background.h"
#include "plugins/cni/error.h"
#include "plugins/cni/result.h"
#include "plugins/netns.h"
#include "plugins/session.h"
#include "plugins/settings_link.h"
#include "src/failure.h"

#define PROGRAM "netns-cni"

/* What the helper needs to know. */
struct order {
	const struct cni_request *request;
	const struct cni_config *config;
	struct netns target;
	struct link_config link;
};

struct registry_key cni_attachment_key(const struct cni_request *request)
{
	return (struct registry_key){
		.owner = CNI_OWNER, .id = request->container_id, .ifname = request->ifname};
}

/* --- the plan --- */

/* The others are the gateway's, and the resolver's. */
static bool place_command(struct link_network *network, const struct ip_address *wanted,
			  GError **error)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	if (wanted->family == AF_UNSPEC)
		return true;
	ip_address_text(wanted, text);
	if (!network->enabled)
		return cni_error_set(error, CNI_BAD_CONFIG, "leave the address or ipv6=false out",
				     "%s was asked for, and IPv6 is off", text);
	g_autofree char *prefix = ip_prefix_to_string(&network->prefix);
	if (!ip_prefix_contains(&network->prefix, wanted) ||
	    ip_address_equal(wanted, &network->prefix.address))
		return cni_error_set(error, CNI_BAD_CONFIG, NULL,
				     "%s is no address of a host in %s", text, prefix);
	if (ip_address_equal(wanted, &network->gateway) || ip_address_equal(wanted, &network->dns))
		return cni_error_set(error, CNI_BAD_CONFIG, "take another address",
				     "%s is the gateway's or the resolver's own in %s", text,
				     prefix);
	network->command = *wanted;
	return true;
}

static bool plan_link(const struct cni_config *config, struct link_config *ret_link, GError **error)
{
	const struct cni_wishes *wishes = &config->wishes;

	return settings_link_plan(&config->settings, ret_link, error) &&
	       place_command(&ret_link->v4, &wishes->command4, error) &&
	       place_command(&ret_link->v6, &wishes->command6, error);
}

/* --- the helper --- */

static struct session *make_session(const struct order *order, GError **error)
{
	const struct registry_key key = cni_attachment_key(order->request);
	struct state_dir *state = registry_add(&key, error);
	struct session *session = state ? session_new(PROGRAM, state, error) : NULL;

	if (!session)
		return NULL;
	session_describe(session, REGISTRY_MEMBER, registry_describe(&key));
	session_describe(session, CNI_NETWORK, json_string_node(order->config->name));
	settings_link_fill_start(&order->config->settings, session_handoff(session));
	return session;
}

static bool start_session(struct session *session, const struct order *order, GError **error)
{
	const struct attach_plan plan = {
		.userns = order->target.userns,
		.netns = order->target.netns,
		.link = order->link,
		.has_mac = true,
		.configure = true,
	};
	struct attachment attachment;

	attachment_init(&attachment);
	return attach_build(&plan, &attachment, error) &&
	       session_start(session, &attachment, error) &&
	       session_end_with_netns(session, order->request->netns, order->target.netns, error);
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
static G_NORETURN void run_helper(struct background *background, struct order *order)
{
	g_autoptr(GError) error = NULL;
	struct session *session = make_session(order, &error);
	bool started = session && start_session(session, order, &error);

	netns_done(&order->target);
	if (started &&
	    background_ready(background, make_report(session), session_log(session), &error))
		session_run(session, &error);
	else
		background_failed(background, error);
	session_free(session);
	_exit(started ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* --- the caller's process --- */

static JsonNode *await_result(struct background *background, struct order *order, GError **error)
{
	g_autoptr(JsonObject) report = background_await(background, error);

	if (!report)
		return NULL;
	order->link.mtu = (unsigned)json_object_get_int_member(report, "mtu");
	if (!mac_address_parse(json_object_get_string_member_with_default(report, "mac", ""),
			       &order->link.mac, error))
		return NULL;
	return cni_result_make(order->config, &order->link, order->request->netns);
}

static JsonNode *make(struct order *order, GError **error)
{
	const int keep[] = {order->target.netns, order->target.userns};
	struct background background;

	switch (background_fork(&background, keep, G_N_ELEMENTS(keep), error)) {
	case BACKGROUND_HELPER:
		run_helper(&background, order);
	case BACKGROUND_CALLER:
		return await_result(&background, order, error);
	default:
		return NULL;
	}
}

static bool open_target(struct order *order, GError **error)
{
	const char *path = order->request->netns;

	if (!netns_open(path, NULL, &order->target, error))
		return cni_error_classify(error, CNI_BAD_NETNS);
	if (!netns_is_own(&order->target))
		return true;
	netns_done(&order->target);
	return cni_error_set(error, CNI_BAD_NETNS,
			     "give the container a network namespace of its own",
			     "%s is the host's own network namespace", path);
}

JsonNode *cni_attachment_add(const struct cni_request *request, const struct cni_config *config,
			     GError **error)
{
	struct order order = {.request = request, .config = config};

	netns_init(&order.target);
	if (!plan_link(config, &order.link, error) || !open_target(&order, error))
		return NULL;
	JsonNode *result = make(&order, error);
	netns_done(&order.target);
	return result;
}

bool cni_attachment_delete(const struct cni_request *request, GError **error)
{
	const struct registry_key key = cni_attachment_key(request);

	return registry_end(&key, error);
}
