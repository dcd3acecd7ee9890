/* SPDX-License-Identifier: GPL-2.0-or-later */
/* false_systemd - stands in for systemd where scopes are asked for */
#include "tests/unit/false_systemd.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>

#include "launcher/cgroup_dir.h"

#define MANAGER "org.freedesktop.systemd1.Manager"
#define JOB	"/org/freedesktop/systemd1/job/1"

static const char interface_xml[] =
	"<node><interface name='" MANAGER "'>"
	"<method name='StartTransientUnit'><arg type='s' direction='in'/>"
	"<arg type='s' direction='in'/><arg type='a(sv)' direction='in'/>"
	"<arg type='a(sa(sv))' direction='in'/><arg type='o' direction='out'/></method>"
	"<method name='AttachProcessesToUnit'><arg type='s' direction='in'/>"
	"<arg type='s' direction='in'/><arg type='au' direction='in'/></method>"
	"<method name='Subscribe'/>"
	"<signal name='JobRemoved'><arg type='u'/><arg type='o'/><arg type='s'/><arg type='s'/>"
	"</signal><signal name='UnitRemoved'><arg type='s'/><arg type='o'/></signal>"
	"</interface></node>";

static void emit(GDBusConnection *bus, const char *name, GVariant *parameters)
{
	g_dbus_connection_emit_signal(bus, NULL, "/org/freedesktop/systemd1", MANAGER, name,
				      parameters, NULL);
}

static void end_job(GDBusConnection *bus, const char *job, const char *unit, const char *result)
{
	emit(bus, "JobRemoved", g_variant_new("(uoss)", 1, job, unit, result));
}

/* The first process that is to be moved, as if the others had come later; 0 when the request is not
 * as systemd wants it. */
static guint32 requested_pid(GVariant *parameters)
{
	g_autoptr(GVariant) properties = g_variant_get_child_value(parameters, 2);
	GVariantDict dict;
	gboolean delegate = FALSE;
	g_autoptr(GVariant) pids = NULL;
	const char *mode;
	guint32 pid = 0;

	g_variant_get_child(parameters, 1, "&s", &mode);
	g_variant_dict_init(&dict, NULL);
	for (gsize i = 0; i < g_variant_n_children(properties); i++) {
		const char *name;
		g_autoptr(GVariant) value = NULL;
		g_variant_get_child(properties, i, "(&sv)", &name, &value);
		g_variant_dict_insert_value(&dict, name, value);
	}
	g_variant_dict_lookup(&dict, "Delegate", "b", &delegate);
	pids = g_variant_dict_lookup_value(&dict, "PIDs", G_VARIANT_TYPE("au"));
	if (pids && g_variant_n_children(pids) > 0)
		g_variant_get_child(pids, 0, "u", &pid);
	g_variant_dict_clear(&dict);
	return g_str_equal(mode, "fail") && delegate ? pid : 0;
}

static void refuse(GDBusMethodInvocation *invocation, const char *name)
{
	g_dbus_method_invocation_return_dbus_error(invocation, name, "refused by the test");
}

/* Units below a directory are cgroups: the process goes there. */
static bool move(const char *unit, guint32 pid)
{
	const char *tree = g_getenv("FALSE_SYSTEMD_TREE");
	bool made;

	if (!tree)
		return true;
	int parent = cgroup_dir_open(tree);
	int dir = cgroup_dir_make(parent, unit, &made);
	bool moved = cgroup_dir_add(dir, (pid_t)pid);
	close(dir);
	close(parent);
	return moved;
}

static void start_unit(GDBusConnection *bus, const char *unit, GVariant *parameters,
		       GDBusMethodInvocation *invocation)
{
	static unsigned n_ending;
	const char *result = g_str_has_prefix(unit, "fail") ? "failed" : "done";
	guint32 pid = requested_pid(parameters);

	if (!pid || !move(unit, pid))
		refuse(invocation, "org.freedesktop.DBus.Error.InvalidArgs");
	else if (g_str_has_prefix(unit, "refused"))
		refuse(invocation, "org.freedesktop.DBus.Error.AccessDenied");
	else if (g_str_has_prefix(unit, "absent"))
		refuse(invocation, "org.freedesktop.DBus.Error.ServiceUnknown");
	else if (g_str_has_prefix(unit, "taken") ||
		 (g_str_has_prefix(unit, "ending") && n_ending++ < 2))
		refuse(invocation, "org.freedesktop.systemd1.UnitExists");
	else {
		/* The end of a job may be told before its start; others' jobs are told, too. */
		end_job(bus, "/org/freedesktop/systemd1/job/7", "other.scope", "failed");
		if (g_str_has_prefix(unit, "early"))
			end_job(bus, JOB, unit, result);
		g_dbus_method_invocation_return_value(invocation, g_variant_new("(o)", JOB));
		if (!g_str_has_prefix(unit, "early"))
			end_job(bus, JOB, unit, result);
	}
	if (n_ending == 2)
		emit(bus, "UnitRemoved", g_variant_new("(so)", "ending.scope", JOB));
}

static void attach(const char *unit, GVariant *parameters, GDBusMethodInvocation *invocation)
{
	g_autoptr(GVariant) pids = g_variant_get_child_value(parameters, 2);
	bool moved = !g_str_has_prefix(unit, "refused");

	for (gsize i = 0; i < g_variant_n_children(pids) && moved; i++) {
		guint32 pid;
		g_variant_get_child(pids, i, "u", &pid);
		moved = move(unit, pid);
	}
	if (moved)
		g_dbus_method_invocation_return_value(invocation, NULL);
	else
		refuse(invocation, "org.freedesktop.DBus.Error.AccessDenied");
}

static void on_call(GDBusConnection *bus, const char *sender G_GNUC_UNUSED,
		    const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
		    const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
		    gpointer data G_GNUC_UNUSED)
{
	const char *unit;

	if (g_str_equal(method, "Subscribe")) {
		g_dbus_method_invocation_return_value(invocation, NULL);
		return;
	}
	g_variant_get_child(parameters, 0, "&s", &unit);
	if (g_str_equal(method, "StartTransientUnit"))
		start_unit(bus, unit, parameters, invocation);
	else
		attach(unit, parameters, invocation);
}

static void serve(GDBusConnection *bus)
{
	static const GDBusInterfaceVTable table = {.method_call = on_call};
	g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(interface_xml, NULL);

	g_dbus_connection_register_object(bus, "/org/freedesktop/systemd1", node->interfaces[0],
					  &table, NULL, NULL, NULL);
}

static void on_named(GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
		     gpointer data)
{
	g_assert_cmpint(write(GPOINTER_TO_INT(data), "", 1), ==, 1);
}

static void on_bus(GDBusConnection *bus, const char *name G_GNUC_UNUSED,
		   gpointer data G_GNUC_UNUSED)
{
	serve(bus);
}

static gboolean on_direct(GDBusServer *server G_GNUC_UNUSED, GDBusConnection *connection,
			  gpointer data G_GNUC_UNUSED)
{
	g_object_ref(connection);
	serve(connection);
	return TRUE;
}

/* Without an address it is on the session bus, else it listens there itself. */
static G_NORETURN void run_systemd(const char *address, int ready)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GDBusServer) server = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!address) {
		g_bus_own_name(G_BUS_TYPE_SESSION, "org.freedesktop.systemd1",
			       G_BUS_NAME_OWNER_FLAGS_NONE, on_bus, on_named, NULL,
			       GINT_TO_POINTER(ready), NULL);
	} else {
		g_autofree char *guid = g_dbus_generate_guid();
		server = g_dbus_server_new_sync(address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL,
						NULL);
		g_signal_connect(server, "new-connection", G_CALLBACK(on_direct), NULL);
		g_dbus_server_start(server);
		on_named(NULL, NULL, GINT_TO_POINTER(ready));
	}
	g_main_loop_run(loop);
	_exit(0);
}

pid_t false_systemd_start(const char *address)
{
	int ready[2];
	char byte;

	g_assert_cmpint(pipe(ready), ==, 0);
	pid_t pid = fork();
	if (pid == 0)
		run_systemd(address, ready[1]);
	close(ready[1]);
	g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
	close(ready[0]);
	return pid;
}

void false_systemd_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
