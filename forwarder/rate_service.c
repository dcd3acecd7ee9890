/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rate_service - the limits of bandwidth while a forwarder runs: changeable */
#include "forwarder/rate_service.h"

#include "src/notice.h"

static JsonNode *write_rates(const struct rates *rates)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	rates_add(rates, builder);
	json_builder_end_object(builder);
	return json_builder_get_root(builder);
}

bool rate_service_change(const struct rate_service *service, const struct rates *rates,
			 GError **error)
{
	if (!notifier_tell(service->notifier, NOTICE_RATES, write_rates(rates), NULL, 0, error))
		return false;
	limiter_set(service->limiter, rates);
	kernel_path_apply_limits(service->kernel_path);
	return true;
}
