/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events - netns-ctl events, netns-ctl NAME events: what happens to containers, as JSON lines */
#include "src/ctl/events.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/ctl/container_watch.h"
#include "src/ctl/message.h"
#include "src/ctl/session.h"
#include "src/ctl/terminal.h"
#include "src/event_kind.h"
#include "src/failure.h"
#include "src/fd_source.h"
#include "src/state_dir.h"

/* From its very beginning: more than a launcher keeps. */
#define ALL_PAST G_MAXINT

struct printer {
	unsigned kinds;	      /* to be printed */
	bool follows_all;     /* and goes on when none is left */
	GPtrArray *followers; /* of struct follower */
	bool is_over;	      /* nobody reads, or there was a failure */
	GError *failure;
};

struct follower {
	struct printer *printer;
	char *name;
	struct session *session;
	GSource *source;
	bool was_heard; /* the launcher follows our request */
	bool has_ended; /* "ended" is printed */
};

bool events_parse_filters(char **filters, unsigned *ret_kinds, GError **error)
{
	static const char prefix[] = "event=";
	unsigned kinds = filters && *filters ? 1u << EVENT_LOST : ~0u;
	enum event_kind kind;

	for (; filters && *filters; filters++) {
		if (!g_str_has_prefix(*filters, prefix)) {
			failure_set(error, 0, "write --filter event=KIND",
				    "'%s' is not what events are filtered by", *filters);
			return false;
		}
		if (!event_kind_parse(*filters + sizeof(prefix) - 1, &kind, error))
			return false;
		kinds |= 1u << kind;
	}
	*ret_kinds = kinds;
	return true;
}

static void follower_free(gpointer data)
{
	struct follower *follower = data;

	fd_source_free(follower->source);
	session_free(follower->session);
	g_free(follower->name);
	g_free(follower);
}

/* --- printing --- */

/* Events of kinds that we do not know are printed if all are. */
static bool is_wanted(const struct printer *printer, const char *name)
{
	enum event_kind kind;

	if (!event_kind_parse(name, &kind, NULL))
		return printer->kinds == ~0u;
	return printer->kinds & 1u << kind;
}

static void print_line(struct printer *printer, JsonObject *event)
{
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);

	json_node_set_object(root, event);
	g_autofree char *line = terminal_json_line(root);
	if (fputs(line, stdout) >= 0 && fflush(stdout) == 0)
		return;
	printer->is_over = true;
	failure_errno(&printer->failure, "write to standard output");
}

static void take_event(struct follower *follower, JsonObject *event)
{
	const char *name = message_string(event, "event");

	if (!name)
		return;
	follower->has_ended |= g_str_equal(name, event_kind_name(EVENT_ENDED));
	if (is_wanted(follower->printer, name))
		print_line(follower->printer, event);
}

/* What the launcher has not said: it was killed. */
static void print_end(struct follower *follower)
{
	g_autoptr(JsonObject) event = json_object_new();
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *time = g_date_time_format_iso8601(now);

	json_object_set_string_member(event, "time", time);
	json_object_set_string_member(event, "container", follower->name);
	json_object_set_string_member(event, "event", event_kind_name(EVENT_ENDED));
	json_object_set_null_member(event, "status");
	take_event(follower, event);
}

/* --- containers --- */

static void unfollow(struct follower *follower)
{
	struct printer *printer = follower->printer;

	g_ptr_array_remove_fast(printer->followers, follower);
	printer->is_over |= !printer->follows_all;
}

/* A refusal comes from an older launcher: of one that was asked for it is the failure. */
static void take_reply(struct follower *follower, JsonObject *reply)
{
	struct printer *printer = follower->printer;
	g_autoptr(GError) failure = NULL;
	g_autoptr(JsonObject) result = message_result(reply, follower->name, &failure);

	follower->was_heard |= result != NULL;
	if (result)
		return;
	if (!printer->follows_all)
		printer->failure = g_steal_pointer(&failure);
	follower->has_ended = true;
	unfollow(follower);
}

static void on_message(int fd G_GNUC_UNUSED, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	struct follower *follower = opaque;
	autoclose int unused = -1;
	g_autoptr(GError) failure = NULL;
	g_autoptr(JsonObject) message = session_receive(follower->session, 0, &unused, &failure);

	if (message && json_object_has_member(message, "event")) {
		take_event(follower, message);
	} else if (message) {
		take_reply(follower, message);
	} else if (failure->code != ETIMEDOUT && failure->code != EBADMSG) {
		if (follower->was_heard && !follower->has_ended)
			print_end(follower);
		unfollow(follower);
	}
}

static bool follow(struct printer *printer, const char *name, int last, GError **error)
{
	g_autoptr(JsonObject) arguments = json_object_new();
	const struct session_request request = {.verb = "events", .arguments = arguments};
	autosession struct session *session = session_open(name, error);

	json_object_set_int_member(arguments, "last", last);
	if (!session || !session_send(session, &request, error))
		return false;
	struct follower *follower = g_new(struct follower, 1);
	*follower = (struct follower){
		.printer = printer,
		.name = g_strdup(name),
		.session = g_steal_pointer(&session),
	};
	follower->source =
		fd_source_new(NULL, session_fd(follower->session), G_IO_IN, on_message, follower);
	g_ptr_array_add(printer->followers, follower);
	return true;
}

/* One that has ended may have a successor of its name before we have read its last events. */
static bool is_followed(const struct printer *printer, const char *name)
{
	for (guint i = 0; i < printer->followers->len; i++) {
		const struct follower *follower = g_ptr_array_index(printer->followers, i);
		struct pollfd entry = {.fd = session_fd(follower->session)};

		if (g_str_equal(follower->name, name) && poll(&entry, 1, 0) == 0)
			return true;
	}
	return false;
}

/* One that cannot be followed has ended by now. */
static void on_start(const char *name, void *opaque)
{
	struct printer *printer = opaque;

	if (!is_followed(printer, name))
		follow(printer, name, ALL_PAST, NULL);
}

static bool follow_running(struct printer *printer, int last, GError **error)
{
	g_autoptr(GPtrArray) names = state_dir_list(error);

	for (guint i = 0; names && i < names->len; i++)
		follow(printer, g_ptr_array_index(names, i), last, NULL);
	return names;
}

/* Nobody reads us any more: `netns-ctl events | head -n1`. */
static void on_output_gone(int fd G_GNUC_UNUSED, GIOCondition ready G_GNUC_UNUSED, void *opaque)
{
	((struct printer *)opaque)->is_over = true;
}

static void run(struct printer *printer)
{
	GSource *output = fd_source_new(NULL, STDOUT_FILENO, 0, on_output_gone, printer);

	while (!printer->is_over)
		g_main_context_iteration(NULL, TRUE);
	fd_source_free(output);
}

static bool print_all(struct printer *printer, int last, GError **error)
{
	/* First the watch: of a container that starts in between it is told, too. */
	struct container_watch *watch = container_watch_new(on_start, printer, error);
	bool followed = watch && follow_running(printer, last, error);

	if (followed)
		run(printer);
	container_watch_free(watch);
	return followed;
}

static bool print_one(struct printer *printer, const char *name, int last, GError **error)
{
	if (!follow(printer, name, last, error))
		return false;
	run(printer);
	return true;
}

bool events_print(const struct ctl_request *request, GError **error)
{
	const struct ctl_options *options = &request->options;
	struct printer printer = {.follows_all = !request->container};

	if (!fd_source_context_prepare_default(error) ||
	    !events_parse_filters(options->filters, &printer.kinds, error))
		return false;
	printer.followers = g_ptr_array_new_with_free_func(follower_free);
	bool printed = printer.follows_all
			       ? print_all(&printer, options->last, error)
			       : print_one(&printer, request->container, options->last, error);
	g_ptr_array_unref(printer.followers);
	if (!printer.failure)
		return printed;
	g_propagate_error(error, printer.failure);
	return false;
}
