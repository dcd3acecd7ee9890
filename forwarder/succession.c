/* SPDX-License-Identifier: GPL-2.0-or-later */
/* succession - one forwarder leaves, another goes on with its connections */
#include "forwarder/succession.h"

/* How long connections that are half made are waited for. */
#define SETTLE_MS 100
#define CHECK_MS  2

static void set_paused(const struct succession *succession, bool is_paused)
{
	tap_pause(succession->tap, is_paused);
	if (succession->kernel_path)
		kernel_path_pause(succession->kernel_path, is_paused);
}

static gboolean on_check(gpointer data G_GNUC_UNUSED)
{
	return G_SOURCE_CONTINUE;
}

/*
 * A command's connect() that the host has not answered takes all of that time; its SYN comes again
 * for the next forwarder.
 */
static void settle(const struct succession *succession)
{
	gint64 limit_us = g_get_monotonic_time() + SETTLE_MS * 1000;
	guint check = g_timeout_add(CHECK_MS, on_check, NULL);

	while (!kernel_path_is_settled(succession->kernel_path) &&
	       g_get_monotonic_time() < limit_us)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(check);
}

static bool send_end(int socket, GError **error)
{
	struct transfer_message message = {.object = json_object_new()};

	json_object_set_boolean_member(message.object, "end", true);
	bool sent = transfer_send(socket, &message, error);
	json_node_unref(message.object);
	return sent;
}

bool succession_yield(const struct succession *succession, int socket, GError **error)
{
	struct relay *relay = NULL;

	set_paused(succession, true);
	if (succession->kernel_path) {
		settle(succession);
		relay = kernel_path_relay(succession->kernel_path);
		relay_pause(relay);
	}
	if ((!relay || relay_transfer_send(relay, socket, error)) && send_end(socket, error))
		return true;
	succession_resume(succession);
	return false;
}

void succession_resume(const struct succession *succession)
{
	/* Threads that there were a moment ago can be had again. */
	if (succession->kernel_path)
		relay_resume(kernel_path_relay(succession->kernel_path), NULL);
	set_paused(succession, false);
}

bool succession_receive(struct relay_arrivals *arrivals, int socket, GError **error)
{
	bool is_end = false;

	while (!is_end) {
		struct transfer_message message;

		if (!transfer_receive(socket, &message, error))
			return false;
		is_end = json_object_get_boolean_member_with_default(message.object, "end", false);
		bool taken = relay_arrivals_take(arrivals, &message, error);
		transfer_message_done(&message);
		if (!taken || !transfer_acknowledge(socket, error))
			return false;
	}
	return true;
}

bool succession_go(const struct succession *succession, struct relay_arrivals *arrivals,
		   GError **error)
{
	if (!succession->kernel_path)
		return true;
	struct relay *relay = kernel_path_relay(succession->kernel_path);
	relay_pause(relay);
	relay_arrivals_run(arrivals, relay, succession->ledger);
	return relay_resume(relay, error);
}
