/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conversation - with systemd, over D-Bus, about a scope unit */
#include "launcher/scope/conversation.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>

#include "launcher/idmap.h"
#include "launcher/systemd_scope.h"
#include "src/failure.h"

#define REMOVAL_LIMIT_MS 5000
#define SYSTEMD_NAME	 "org.freedesktop.systemd1"
#define SYSTEMD_PATH	 "/org/freedesktop/systemd1"
#define MANAGER		 "org.freedesktop.systemd1.Manager"
#define ERROR_EXISTS	 "org.freedesktop.systemd1.UnitExists"

struct conversation {
	const struct scope_request *request;
	GDBusConnection *bus;
	const char *peer; /* SYSTEMD_NAME, or NULL where systemd itself is at the other end */
	GMainContext *context;
	char *job;	     /* object path of the start job, or NULL */
	GHashTable *results; /* of jobs that have ended: object path -> result */
	bool was_removed;    /* a unit of our name has gone */
	bool timed_out;
};

static void on_job_removed(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
			   const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
			   const char *signal G_GNUC_UNUSED, GVariant *parameters, gpointer data)
{
	struct conversation *conversation = data;
	const char *job, *result;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(uoss)")))
		return;
	g_variant_get(parameters, "(u&o&s&s)", NULL, &job, NULL, &result);
	g_hash_table_insert(conversation->results, g_strdup(job), g_strdup(result));
}

static void on_unit_removed(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
			    const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
			    const char *signal G_GNUC_UNUSED, GVariant *parameters, gpointer data)
{
	struct conversation *conversation = data;
	const char *unit;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(so)")))
		return;
	g_variant_get(parameters, "(&s&o)", &unit, NULL);
	if (g_str_equal(unit, conversation->request->unit))
		conversation->was_removed = true;
}

static gboolean on_time_limit(gpointer data)
{
	*(bool *)data = true;
	return G_SOURCE_REMOVE;
}

/* Sets *ret_over to true after that time. */
static GSource *start_timer(struct conversation *conversation, guint time_ms, bool *ret_over)
{
	GSource *timer = g_timeout_source_new(time_ms);

	g_source_set_callback(timer, on_time_limit, ret_over, NULL);
	g_source_attach(timer, conversation->context);
	return timer;
}

static GVariant *call(struct conversation *conversation, const char *method, GVariant *parameters,
		      const char *reply_type, GError **error)
{
	return g_dbus_connection_call_sync(conversation->bus, conversation->peer, SYSTEMD_PATH,
					   MANAGER, method, parameters, G_VARIANT_TYPE(reply_type),
					   G_DBUS_CALL_FLAGS_NO_AUTO_START,
					   SYSTEMD_SCOPE_TIME_LIMIT_MS, NULL, error);
}

static GVariant *pid_array(const struct conversation *conversation)
{
	GVariantBuilder pids;

	g_variant_builder_init(&pids, G_VARIANT_TYPE("au"));
	for (size_t i = 0; i < conversation->request->n_pids; i++)
		g_variant_builder_add(&pids, "u", (guint32)conversation->request->pids[i]);
	return g_variant_builder_end(&pids);
}

/*
 * Limits are no properties of the scope: systemd writes those to the scope's own cgroup, and again
 * whenever it reloads; ours are in a cgroup below it. TasksMax would else be DefaultTasksMax.
 */
static GVariant *unit_parameters(const struct conversation *conversation)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a(sv)"));
	g_variant_builder_add(&builder, "(sv)", "Description",
			      g_variant_new_string("container of netns-run"));
	g_variant_builder_add(&builder, "(sv)", "Delegate", g_variant_new_boolean(TRUE));
	g_variant_builder_add(&builder, "(sv)", "TasksMax", g_variant_new_uint64(G_MAXUINT64));
	g_variant_builder_add(&builder, "(sv)", "CollectMode",
			      g_variant_new_string("inactive-or-failed"));
	g_variant_builder_add(&builder, "(sv)", "PIDs", pid_array(conversation));
	return g_variant_new("(ssa(sv)a(sa(sv)))", conversation->request->unit, "fail", &builder,
			     NULL);
}

/* The error's name on the bus, e.g. ERROR_EXISTS, or NULL; the message loses it. */
static char *take_remote_error(GError *failure)
{
	char *name = g_dbus_error_get_remote_error(failure);

	g_dbus_error_strip_remote_error(failure);
	return name;
}

static bool request(struct conversation *conversation, GError **error)
{
	g_autoptr(GVariant) reply = call(conversation, "StartTransientUnit",
					 unit_parameters(conversation), "(o)", error);

	if (!reply)
		return false;
	g_variant_get(reply, "(o)", &conversation->job);
	return true;
}

static bool refuse_timed_out(GError **error)
{
	failure_set(error, ETIMEDOUT, "see systemctl --user status",
		    "systemd has not answered for %d seconds", SYSTEMD_SCOPE_TIME_LIMIT_MS / 1000);
	return false;
}

/* Waits for the end of a unit of our name that was there before. */
static bool await_removal(struct conversation *conversation, GError **error)
{
	bool over = false;
	g_autoptr(GSource) timer = start_timer(conversation, REMOVAL_LIMIT_MS, &over);

	while (!conversation->was_removed && !over)
		g_main_context_iteration(conversation->context, TRUE);
	g_source_destroy(timer);
	if (conversation->was_removed)
		return true;
	g_autofree char *cure = g_strdup_printf("take another --name, or systemctl --user stop %s",
						conversation->request->unit);
	failure_set(error, EEXIST, cure, "systemd has a unit %s already",
		    conversation->request->unit);
	return false;
}

static bool refuse_request(const struct conversation *conversation, const GError *failure,
			   GError **error)
{
	bool is_absent = g_error_matches(failure, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
			 g_error_matches(failure, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER);

	failure_set(error, is_absent ? SYSTEMD_SCOPE_ABSENT : EPROTO, NULL,
		    "systemd makes no scope %s: %s", conversation->request->unit, failure->message);
	return false;
}

static bool attach(struct conversation *conversation, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autoptr(GVariant) reply = call(
		conversation, "AttachProcessesToUnit",
		g_variant_new("(ss@au)", conversation->request->unit, "", pid_array(conversation)),
		"()", &failure);

	if (reply)
		return true;
	g_free(take_remote_error(failure));
	return refuse_request(conversation, failure, error);
}

/* Asks once more when the unit of a container of the same name was still ending. */
static bool request_patiently(struct conversation *conversation, GError **error)
{
	g_autoptr(GVariant) subscribed = NULL;
	g_autoptr(GError) failure = NULL;
	g_autofree char *name = NULL;

	for (int attempt = 0; attempt < 3; attempt++) {
		g_clear_error(&failure);
		g_clear_pointer(&name, g_free);
		if (request(conversation, &failure))
			return true;
		name = take_remote_error(failure);
		if (g_strcmp0(name, ERROR_EXISTS) != 0)
			break;
		/* After the first time, so that no removal before the request counts. */
		if (!subscribed) {
			subscribed = call(conversation, "Subscribe", NULL, "()", NULL);
			continue;
		}
		if (!await_removal(conversation, error))
			return false;
		conversation->was_removed = false;
	}
	return refuse_request(conversation, failure, error);
}

static bool await_job(struct conversation *conversation, GError **error)
{
	const char *result = NULL;

	while (!(result = g_hash_table_lookup(conversation->results, conversation->job)) &&
	       !conversation->timed_out)
		g_main_context_iteration(conversation->context, TRUE);
	if (!result)
		return refuse_timed_out(error);
	if (g_str_equal(result, "done"))
		return true;
	failure_set(error, EPROTO, "see journalctl --user",
		    "systemd could not start %s, the job's result is '%s'",
		    conversation->request->unit, result);
	return false;
}

static bool converse(struct conversation *conversation, GError **error)
{
	g_autoptr(GSource) timer =
		start_timer(conversation, SYSTEMD_SCOPE_TIME_LIMIT_MS, &conversation->timed_out);

	g_dbus_connection_signal_subscribe(
		conversation->bus, conversation->peer, MANAGER, "JobRemoved", SYSTEMD_PATH, NULL,
		G_DBUS_SIGNAL_FLAGS_NONE, on_job_removed, conversation, NULL);
	g_dbus_connection_signal_subscribe(
		conversation->bus, conversation->peer, MANAGER, "UnitRemoved", SYSTEMD_PATH, NULL,
		G_DBUS_SIGNAL_FLAGS_NONE, on_unit_removed, conversation, NULL);
	bool done = request_patiently(conversation, error) && await_job(conversation, error);
	g_source_destroy(timer);
	return done;
}

/*
 * systemd gets numbers of processes: in another PID namespace they are other processes. Who listens
 * on the socket, systemd or a bus that it has started, must be in ours or below.
 */
static bool shares_pids(GDBusConnection *bus)
{
	GIOStream *stream = g_dbus_connection_get_stream(bus);
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);

	if (!G_IS_SOCKET_CONNECTION(stream))
		return false;
	GSocket *socket = g_socket_connection_get_socket(G_SOCKET_CONNECTION(stream));
	return getsockopt(g_socket_get_fd(socket), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       peer.pid != 0;
}

static GDBusConnection *connect_to(const char *address, bool is_direct)
{
	GDBusConnectionFlags flags = G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT;

	/* Root of a user namespace is another uid for the bus; GLib 2.74 has but refuses this. */
	if (!glib_check_version(2, 76, 0))
		flags |= G_DBUS_CONNECTION_FLAGS_CROSS_NAMESPACE;
	if (!is_direct)
		flags |= G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION;
	GDBusConnection *bus =
		g_dbus_connection_new_for_address_sync(address, flags, NULL, NULL, NULL);
	if (bus && !shares_pids(bus))
		g_clear_object(&bus);
	if (bus)
		g_dbus_connection_set_exit_on_close(bus, FALSE);
	return bus;
}

static char *unix_address(const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *escaped = g_dbus_address_escape_value(path);

	return g_strconcat("unix:path=", escaped, NULL);
}

/* NULL-terminated; the last one is systemd's own socket, without a bus. */
static char **addresses(void)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	const char *session = g_getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *runtime = g_getenv("XDG_RUNTIME_DIR");
	g_autofree char *by_uid = g_strdup_printf("/run/user/%u", geteuid());
	bool is_system = idmap_is_real_root();
	const char *directory = is_system ? "/run" : runtime && *runtime ? runtime : by_uid;
	g_autofree char *bus =
		unix_address(directory, is_system ? "dbus/system_bus_socket" : "bus");
	g_autofree char *direct = unix_address(directory, "systemd/private");

	if (!is_system && session && *session)
		g_strv_builder_add(builder, session);
	g_strv_builder_add(builder, bus);
	g_strv_builder_add(builder, direct);
	return g_strv_builder_end(builder);
}

static bool refuse_absent(GError **error)
{
	failure_set(error, SYSTEMD_SCOPE_ABSENT,
		    "log in so that a user session is made, or: loginctl enable-linger",
		    "no systemd of this user answers");
	return false;
}

static bool ask_all(struct conversation *conversation, GError **error)
{
	g_auto(GStrv) list = addresses();

	for (char **address = list; *address; address++) {
		g_autoptr(GError) failure = NULL;
		bool is_direct = !address[1];
		g_autoptr(GDBusConnection) bus = connect_to(*address, is_direct);
		if (!bus)
			continue;
		conversation->bus = bus;
		conversation->peer = is_direct ? NULL : SYSTEMD_NAME;
		if (conversation->request->attach ? attach(conversation, &failure)
						  : converse(conversation, &failure))
			return true;
		if (failure->code != SYSTEMD_SCOPE_ABSENT) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return false;
		}
	}
	return refuse_absent(error);
}

bool conversation_hold(const struct scope_request *request, GError **error)
{
	struct conversation conversation = {.request = request};

	conversation.context = g_main_context_new();
	conversation.results = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_main_context_push_thread_default(conversation.context);
	bool done = ask_all(&conversation, error);
	g_main_context_pop_thread_default(conversation.context);
	g_free(conversation.job);
	g_hash_table_unref(conversation.results);
	g_main_context_unref(conversation.context);
	return done;
}
