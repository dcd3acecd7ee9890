/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deaths - of what the forwarders before this one have died, and whether that is too often */
#include "launcher/deaths.h"

#include "launcher/status.h"
#include "src/failure.h"
#include "src/forbidden_call.h"

void deaths_done(struct deaths *deaths)
{
	g_clear_pointer(&deaths->last, g_free);
	g_clear_pointer(&deaths->forbidden, g_free);
}

void deaths_take_notice(struct deaths *deaths, JsonObject *notice)
{
	char *forbidden = forbidden_call_explain(notice);

	if (!forbidden)
		return;
	g_free(deaths->forbidden);
	deaths->forbidden = forbidden;
}

void deaths_add(struct deaths *deaths, int wait_status)
{
	g_autofree char *death = status_explain(wait_status);
	g_autofree char *forbidden = g_steal_pointer(&deaths->forbidden);

	g_free(deaths->last);
	deaths->last =
		forbidden ? g_strdup_printf("%s: %s", death, forbidden) : g_steal_pointer(&death);
}

bool deaths_count(struct deaths *deaths)
{
	gint64 now_us = g_get_monotonic_time();
	gint64 *oldest_us = &deaths->times_us[deaths->n++ % DEATHS_MAX];

	*oldest_us = now_us;
	gint64 first_us = deaths->times_us[deaths->n % DEATHS_MAX];
	return deaths->n >= DEATHS_MAX && now_us - first_us <= DEATHS_TIME_S * G_USEC_PER_SEC;
}

GError *deaths_failure(const struct deaths *deaths, const GError *refusal)
{
	GError *failure = NULL;

	if (refusal) {
		g_autofree char *why = failure_cause(refusal);
		failure_set(&failure, 0, failure_cure(refusal),
			    "netns-forwarder %s and cannot be started again: %s",
			    deaths->last ? deaths->last : "has ended", why);
		return failure;
	}
	failure_set(&failure, 0, NULL,
		    "netns-forwarder died %d times within %d seconds and is not started again: "
		    "it %s",
		    DEATHS_MAX, DEATHS_TIME_S, deaths->last);
	return failure;
}
