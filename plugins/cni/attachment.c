/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attachment - a container's network for CNI: made by ADD, ended by DEL */
#include "plugins/cni/attachment.h"

#include "plugins/cni/error.h"
#include "plugins/cni/result.h"
#include "plugins/service.h"
#include "plugins/settings_link.h"

struct registry_key cni_attachment_key(const struct cni_request *request)
{
	return (struct registry_key){
		.owner = CNI_OWNER, .id = request->container_id, .ifname = request->ifname};
}

JsonNode *cni_attachment_add(const struct cni_request *request, const struct cni_config *config,
			     GError **error)
{
	g_autoptr(JsonObject) description = service_describe_network(config->name);
	struct service service = {
		.program = "netns-cni",
		.key = cni_attachment_key(request),
		.description = description,
		.path = request->netns,
		.settings = &config->settings,
		.keeps_routes = true,
	};
	struct link_config link;

	if (!settings_link_plan(&config->settings, &service.link, error)) {
		cni_error_classify(error, CNI_BAD_CONFIG);
		return NULL;
	}
	if (!service_open(request->netns, &service.target, error)) {
		cni_error_classify(error, CNI_BAD_NETNS);
		return NULL;
	}
	bool started = service_start(&service, &link, error);
	netns_done(&service.target);
	return started ? cni_result_make(config, &link, request->netns) : NULL;
}

bool cni_attachment_delete(const struct cni_request *request, GError **error)
{
	const struct registry_key key = cni_attachment_key(request);

	return registry_end(&key, error);
}
