/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_rate - the control verbs of bandwidth */
#include "forwarder/control_rate.h"

#include <errno.h>

#include "forwarder/control_reply.h"
#include "forwarder/control_request.h"
#include "src/failure.h"

JsonNode *control_rate_list(const struct control_context *context,
			    JsonObject *arguments G_GNUC_UNUSED, GError **error)
{
	g_autoptr(JsonBuilder) builder = control_reply_begin();

	if (!context->rates) {
		failure_set(error, EOPNOTSUPP, NULL, "this network has no limits of bandwidth");
		return NULL;
	}
	limiter_describe(context->rates->limiter, builder);
	return control_reply_finish(builder);
}

/* Absent is as before. */
static bool take_rate(JsonObject *arguments, const char *name, struct rate *rate, bool *ret_has_any,
		      GError **error)
{
	const char *text = control_request_string(arguments, name);

	if (!json_object_has_member(arguments, name))
		return true;
	*ret_has_any = true;
	if (!text)
		return control_request_refuse(error, "rate_set", name);
	return rate_parse(text, rate, error);
}

JsonNode *control_rate_set(const struct control_context *context, JsonObject *arguments,
			   GError **error)
{
	bool has_any = false;

	if (!context->rates)
		return control_rate_list(context, arguments, error);
	struct rates rates = *limiter_rates(context->rates->limiter);
	for (int i = 0; i < RATE_N_DIRECTIONS; i++)
		if (!take_rate(arguments, rate_direction_name(i), &rates.of[i], &has_any, error))
			return NULL;
	if (!has_any) {
		control_request_refuse(error, "rate_set", "in");
		return NULL;
	}
	return rate_service_change(context->rates, &rates, error)
		       ? control_rate_list(context, arguments, error)
		       : NULL;
}
