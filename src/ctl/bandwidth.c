/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bandwidth - netns-ctl NAME rate: the limits of bandwidth */
#include "src/ctl/bandwidth.h"

#include <errno.h>
#include <stdio.h>

#include "src/ctl/client.h"
#include "src/ctl/message.h"
#include "src/ctl/terminal.h"
#include "src/failure.h"
#include "src/rate.h"

#define CURE "netns-ctl NAME rate in 100mbit out unlimited"

static bool check_pair(char **pair, bool *seen, GError **error)
{
	enum rate_direction direction;
	struct rate rate;

	if (!rate_direction_parse(pair[0], &direction)) {
		failure_set(error, EINVAL, CURE, "'%s' is no direction", pair[0]);
		return false;
	}
	if (!pair[1] || seen[direction]) {
		failure_set(error, EINVAL, CURE, "'%s' is there %s", pair[0],
			    pair[1] ? "twice" : "without a rate");
		return false;
	}
	seen[direction] = true;
	return rate_parse(pair[1], &rate, error);
}

bool bandwidth_check(const struct ctl_request *request, GError **error)
{
	bool seen[RATE_N_DIRECTIONS] = {false};

	if (request->options.json && request->operands[0]) {
		failure_set(error, EINVAL, "leave one of them out",
			    "--json is for what holds, not for a change");
		return false;
	}
	for (char **pair = request->operands; *pair; pair += 2)
		if (!check_pair(pair, seen, error))
			return false;
	return true;
}

static bool set(const struct ctl_request *request, GError **error)
{
	g_autoptr(JsonObject) arguments = json_object_new();

	for (char **pair = request->operands; *pair; pair += 2)
		json_object_set_string_member(arguments, pair[0], pair[1]);
	g_autoptr(JsonObject) result =
		client_order(request->container, "rate_set", arguments, error);
	return result;
}

static char **table_row(JsonObject *rates, const char *direction)
{
	JsonObject *limit = message_object(rates, direction);
	const struct rate rate = {.bits = limit ? (uint64_t)message_int(limit, "rate", 0) : 0};
	g_autofree char *text = rate_to_string(&rate);
	g_autofree char *burst =
		g_strdup_printf("%" G_GINT64_FORMAT, limit ? message_int(limit, "burst", 0) : 0);
	const char *const cells[] = {direction, text, rate.bits ? burst : "-", NULL};

	return g_strdupv((char **)cells);
}

static void print_table(JsonObject *rates)
{
	const char *const titles[] = {"DIRECTION", "RATE", "BURST", NULL};
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

	g_ptr_array_add(rows, g_strdupv((char **)titles));
	for (int i = 0; i < RATE_N_DIRECTIONS; i++)
		g_ptr_array_add(rows, table_row(rates, rate_direction_name(i)));
	g_autofree char *table = terminal_table(rows);
	fputs(table, stdout);
}

bool bandwidth_run(const struct ctl_request *request, GError **error)
{
	if (request->operands[0])
		return set(request, error);
	g_autoptr(JsonObject) result = client_order(request->container, "rate", NULL, error);
	JsonObject *rates = result ? message_object(result, "rates") : NULL;
	if (rates && request->options.json) {
		g_autofree char *text = terminal_json(rates);
		fputs(text, stdout);
	} else if (rates) {
		print_table(rates);
	}
	return result;
}
