/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resources - netns-ctl NAME update: the limits of the container's cgroup */
#include "src/ctl/resources.h"

#include "src/ctl/client.h"
#include "src/ctl/session.h"
#include "src/ctl/verbs.h"

bool resources_update(const struct ctl_request *request, GError **error)
{
	g_autoptr(JsonObject) arguments = json_object_new();
	const struct client_request call = {request->container, "update", arguments,
					    CLIENT_TIMEOUT};

	for (size_t i = 0; i < CTL_N_LIMITS; i++) {
		if (request->options.limits[i])
			json_object_set_string_member(arguments, verbs_limit_name(i),
						      request->options.limits[i]);
	}
	g_autoptr(JsonObject) result = session_call(&call, error);
	return result;
}
