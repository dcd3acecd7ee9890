/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-run - runs a command in its own namespaces, with a network, as an ordinary user */

/*
 * How it works
 *
 * The launcher stays in the host's namespaces and holds everything together: it starts the
 * forwarder (host namespaces, no privilege), lets container.c make the namespaces and the link,
 * hands the link's descriptors to the forwarder and waits until that is ready. Only then CMD runs.
 * The launcher keeps duplicates of all descriptors, forwards signals, and leaves with CMD's status.
 *
 * Trust: the launcher trusts the user who called it and nothing else. ROOTFS may be hostile (see
 * rootfs.c). Whatever runs inside may be root there; no process in its reach holds a descriptor of
 * ours but the pair that it starts by. Started by root who has no subordinate ids, the one id
 * inside is the host's root: then file permissions protect nothing, and ROOTFS must be trusted.
 * What the forwarder says is taken for its own container alone. SECURITY.md has all of it.
 */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/container.h"
#include "launcher/deputy.h"
#include "launcher/detach.h"
#include "launcher/events.h"
#include "launcher/foreground.h"
#include "launcher/helper.h"
#include "launcher/idmap.h"
#include "launcher/keeper.h"
#include "launcher/lock_down.h"
#include "launcher/network.h"
#include "launcher/options.h"
#include "launcher/plan.h"
#include "launcher/record.h"
#include "launcher/report.h"
#include "launcher/session.h"
#include "launcher/successor.h"
#include "launcher/supervisor.h"
#include "launcher/userns.h"
#include "link/tcp_abort.h"
#include "src/autoclose.h"
#include "src/descriptor_limit.h"
#include "src/failure.h"
#include "src/handoff.h"
#include "src/memory_file.h"
#include "src/proxy.h"
#include "src/standard_streams.h"
#include "src/state_dir.h"
#include "src/state_socket.h"
#include "version.h"

#define STATUS_FAILURE 125

struct launch {
	struct options options;
	struct state_dir *state;
	struct helper helper;
	struct keeper *keeper;	    /* of the helper */
	struct tcp_abort tcp_abort; /* of a tap link */
	struct plan plan;
	struct container container;
	struct handoff_start start; /* link, ports; its descriptors are the container's */
	struct supervisor supervisor;
	struct detach detach;
	struct record record;
	struct session_context session_context;
	struct session_server *session;
	struct events *events;
	bool wrote_pid_file;
};

static bool start_container(struct launch *launch, GError **error)
{
	if (!plan_make(&launch->options, &launch->start.link, state_dir_name(launch->state),
		       &launch->plan, error))
		return false;
	plan_warn(&launch->plan, launch->options.rootfs);
	if (container_start(&launch->container, &launch->plan.container, error)) {
		if (launch->plan.idmap.tell)
			g_printerr("netns-run: only one id is mapped: %s\n",
				   idmap_note(&launch->plan.idmap));
		return true;
	}
	userns_refine("/proc", error);
	return false;
}

static bool start_helper(struct launch *launch, GError **error)
{
	struct handoff_start *start = &launch->start;
	struct container *container = &launch->container;

	/* It waits for the launcher's end, to remove the state directory. */
	if (launch->options.network.mode != NETWORK_USER)
		return true;
	if (container->fallback_reason && launch->options.network.link == LINK_AUTO)
		g_printerr("netns-run: link tap, not gateway: %s\n", container->fallback_reason);
	start->name = g_strdup(state_dir_name(launch->state));
	link_config_settle(&start->link, container->kind);
	container->fds[HANDOFF_FD_CONTROL] =
		state_socket_listen(launch->state, STATE_SOCKET_CONTROL, error);
	if (container->fds[HANDOFF_FD_CONTROL] < 0)
		return false;
	container->fds[HANDOFF_FD_EGRESS] = egress_set_to_fd(launch->options.egress.set, error);
	if (container->fds[HANDOFF_FD_EGRESS] < 0 ||
	    !memory_file_new(&container->fds[HANDOFF_FD_MEMORY], error))
		return false;
	memcpy(start->fds, container->fds, sizeof(start->fds));
	if (container->kind == LINK_TAP &&
	    !tcp_abort_init(&launch->tcp_abort, container->child, error))
		return false;
	return helper_tell(&launch->helper, start, error);
}

static bool await_helper(struct launch *launch, GError **error)
{
	struct handoff_start *start = &launch->start;
	struct port_set bound;

	if (launch->options.network.mode != NETWORK_USER)
		return true;
	port_set_init(&bound);
	/* For the sockets of many ports. C is there already, and does not inherit it. */
	descriptor_limit_raise(&launch->plan.container.command.descriptors);
	if (!helper_await(&launch->helper, &bound, error)) {
		port_set_close(&bound);
		port_set_done(&bound);
		return false;
	}
	if (launch->helper.note)
		g_printerr("netns-run: %s\n", launch->helper.note);
	/* Another forwarder publishes what was chosen for the first, with the same sockets. */
	port_set_replace(&start->ports, &bound);
	return true;
}

static void end_events(struct launch *launch, int status)
{
	JsonObject *details = json_object_new();

	json_object_set_int_member(details, "status", status);
	events_emit(launch->events, EVENT_ENDED, details);
	events_finish(launch->events);
}

static bool announce(struct launch *launch, GError **error)
{
	const struct options *options = &launch->options;

	report_chosen_ports("netns-run", options->network.ports, launch->start.ports.rules);
	launch->wrote_pid_file =
		options->pid_file &&
		report_pid_file(options->pid_file, launch->container.command, error);
	return (launch->wrote_pid_file || !options->pid_file) &&
	       state_dir_write(launch->state, launch->record.json, error) &&
	       report_info(options->info_fd, launch->record.json, error);
}

static bool listen_for_sessions(struct launch *launch, GError **error)
{
	int listen_fd = state_socket_listen(launch->state, STATE_SOCKET_LAUNCHER, error);

	if (listen_fd < 0)
		return false;
	launch->session_context = (struct session_context){.container = &launch->container,
							   .name = state_dir_name(launch->state),
							   .keeper = launch->keeper,
							   .state = &launch->record.json,
							   .events = launch->events};
	launch->session = session_serve(listen_fd, &launch->session_context);
	return true;
}

static bool connect_terminal(struct launch *launch, GError **error)
{
	const struct process_options *process = &launch->options.process;
	int input = process->detach ? -1 : STDIN_FILENO;

	if (!process->tty)
		return true;
	launch->supervisor.relay =
		tty_relay_new(launch->container.terminal, input, STDOUT_FILENO, error);
	if (launch->supervisor.relay)
		launch->container.terminal = -1;
	return launch->supervisor.relay;
}

static void on_death(void *opaque)
{
	struct launch *launch = opaque;

	if (!deputy_abort_tcp(launch->session_context.deputy))
		tcp_abort_connections(&launch->tcp_abort, &launch->start.link);
}

static void on_restarted(const char *death, void *opaque)
{
	struct launch *launch = opaque;

	record_restarted(&launch->record, launch->helper.pid, death);
}

static void on_upgraded(void *opaque)
{
	struct launch *launch = opaque;

	record_upgraded(&launch->record, launch->helper.pid);
}

static void on_notice(const char *kind, JsonObject *notice, int *fds, size_t n_fds, void *opaque)
{
	struct launch *launch = opaque;
	const struct successor successor = {&launch->start, launch->container.fds};

	successor_take_notice(&successor, kind, notice, fds, n_fds);
	record_take_notice(&launch->record, kind, notice, fds, n_fds);
}

/* From here on another forwarder may take the place of the first. */
static void keep_forwarder(struct launch *launch)
{
	const bool has_link = launch->options.network.mode == NETWORK_USER;
	const struct keeper_context context = {
		.program = "netns-run",
		.helper = &launch->helper,
		.start = has_link ? &launch->start : NULL,
		.state_fd = state_dir_fd(launch->state),
		.rootfs = launch->container.etc_cover >= 0 ? launch->options.rootfs : NULL,
		.etc_cover = launch->container.etc_cover,
		.on_notice = on_notice,
		.on_death = on_death,
		.on_restarted = on_restarted,
		.on_upgraded = on_upgraded,
		.opaque = launch,
	};

	launch->keeper = keeper_new(&context);
}

/* From the start of CMD on; what its forwarder has told before comes behind. */
static void begin_record(struct launch *launch)
{
	const struct options *options = &launch->options;

	launch->events = events_new(state_dir_name(launch->state));
	if (options->events_fd >= 0)
		events_add_reader(launch->events, options->events_fd, 0);
	launch->record = (struct record){
		.state = launch->state,
		.ports = &launch->start.ports,
		.events = launch->events,
		.forwarder.pid = options->network.mode == NETWORK_USER ? launch->helper.pid : 0,
		.json = report_json(options, state_dir_name(launch->state), &launch->start.link,
				    &launch->container, launch->start.ports.rules),
	};
	record_begin(&launch->record);
}

static bool run_command(struct launch *launch, int *ret_status, GError **error)
{
	const struct options *options = &launch->options;

	if (!supervisor_init(&launch->supervisor, options->process.tty, error) ||
	    !container_go(&launch->container, &launch->plan.container.command, ret_status, error))
		return false;
	supervisor_catch_up(&launch->supervisor, &launch->container);
	begin_record(launch);
	keep_forwarder(launch);
	return listen_for_sessions(launch, error) && announce(launch, error) &&
	       connect_terminal(launch, error) && report_ready(options->ready_fd, error) &&
	       (!options->process.detach ||
		detach_started(&launch->detach, state_dir_name(launch->state), error));
}

static bool plan_network(struct launch *launch, GError **error)
{
	const struct network_options *network = &launch->options.network;

	if (network->mode != NETWORK_USER)
		return true;
	if (!network_plan(network, &launch->start.link, error) ||
	    !outbound_find_proxy(&launch->start.outbound, error))
		return false;
	outbound_options_apply(&launch->options.outbound, &launch->start.link);
	rate_options_apply(&launch->options.rate, &launch->start.link);
	return true;
}

static bool make_state(struct launch *launch, GError **error)
{
	const struct process_options *process = &launch->options.process;

	launch->state = state_dir_create(launch->options.name, error);
	return launch->state &&
	       (!process->detach || detach_redirect(&launch->detach, state_dir_fd(launch->state),
						    process->log_file, error));
}

static bool start(struct launch *launch, int *ret_status, GError **error)
{
	return plan_check(&launch->options, &launch->plan, error) && plan_network(launch, error) &&
	       make_state(launch, error) &&
	       helper_spawn(&launch->helper, NULL, state_dir_fd(launch->state), error) &&
	       start_container(launch, error) && start_helper(launch, error) &&
	       container_settle(&launch->container, error) && await_helper(launch, error) &&
	       run_command(launch, ret_status, error);
}

static void launch_init(struct launch *launch)
{
	struct handoff_start *start = &launch->start;

	handoff_start_init(start);
	network_fill_start(&launch->options.network, start);
	start->outbound = launch->options.outbound.outbound;
	start->sandbox = launch->options.sandbox.mode;
	start->rates = launch->options.rate.rates;
	launch->supervisor.signal_fd = -1;
	launch->helper.socket = -1;
	launch->tcp_abort = (struct tcp_abort){-1, -1};
	container_init(&launch->container);
	detach_init(&launch->detach);
	plan_init(&launch->plan);
}

static void launch_done(struct launch *launch, int status)
{
	keeper_stop(launch->keeper);
	if (launch->wrote_pid_file && !deputy_remove_pid_file(launch->session_context.deputy))
		unlink(launch->options.pid_file);
	deputy_dismiss(launch->session_context.deputy);
	record_settle(&launch->record);
	if (launch->events)
		end_events(launch, status);
	session_server_free(launch->session, status);
	events_free(launch->events);
	/* Its descriptors are the container's and the state directory's. */
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		launch->start.fds[i] = -1;
	tcp_abort_done(&launch->tcp_abort);
	container_done(&launch->container);
	plan_done(&launch->plan);
	foreground_reclaim();
	keeper_free(launch->keeper);
	record_done(&launch->record);
	helper_done(&launch->helper);
	state_dir_remove(launch->state);
	supervisor_done(&launch->supervisor);
	handoff_start_done(&launch->start);
	detach_done(&launch->detach);
	deputy_free(launch->session_context.deputy);
	options_done(&launch->options);
}

/* False on error, and in the process that only waits for the start and leaves with *ret_status. */
static bool settle_parent(struct launch *launch, pid_t parent, int *ret_status, GError **error)
{
	const struct options *options = &launch->options;
	g_autoptr(GArray) keep = g_array_new(FALSE, FALSE, sizeof(int));

	g_array_append_val(keep, options->ready_fd);
	g_array_append_val(keep, options->info_fd);
	g_array_append_val(keep, options->events_fd);
	for (guint i = 0; i < options->network.sockets->len; i++)
		g_array_append_val(
			keep, g_array_index(options->network.sockets, struct port_socket, i).fd);

	if (options->process.die_with_parent && !detach_die_with_parent(parent, error))
		return false;
	return !options->process.detach || detach_fork(&launch->detach, (int *)(void *)keep->data,
						       keep->len, ret_status, error);
}

static bool lock_down(struct launch *launch, GError **error)
{
	const struct deputy_context context = {
		.state_fd = state_dir_fd(launch->state),
		.tcp_abort = &launch->tcp_abort,
		.link = &launch->start.link,
		.pid_file = launch->options.pid_file,
		.etc_cover = launch->container.etc_cover,
		.roots = {launch->container.child, launch->container.exec_server},
	};
	const struct lock_down all = {
		.mode = launch->options.sandbox.mode,
		.has_cgroups = true,
		.cgroup = launch->container.cgroup ? cgroup_path(launch->container.cgroup) : NULL,
		.has_terminal = true,
		.record = &launch->record,
	};
	struct deputy **deputy = &launch->session_context.deputy;

	return lock_down_with_deputy(&all, &context, launch->keeper, deputy, error);
}

static void run(struct launch *launch, int *ret_status, GError **error)
{
	if (start(launch, ret_status, error) && lock_down(launch, error)) {
		supervisor_run(&launch->supervisor, &launch->container, launch->keeper, ret_status,
			       error);
	}
	/* What is printed from here on is for a terminal in its usual modes. */
	g_clear_pointer(&launch->supervisor.relay, tty_relay_free);
}

/* True if that was all that the user wanted. */
static bool print_about(const struct options *options)
{
	if (options->help)
		g_print("%s", options->help);
	else if (options->version)
		g_print("netns-run version %s\n", NETNS_RUN_VERSION);
	return options->help || options->version;
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	struct launch launch = {0};
	int status = STATUS_FAILURE;
	pid_t parent = getppid();

	standard_streams_ensure();
	/* Inherited as ignored, the deaths of our processes would never be told. */
	signal(SIGCHLD, SIG_DFL);
	if (!options_parse(&launch.options, argc, argv, &error)) {
		failure_print("netns-run", error);
		return STATUS_FAILURE;
	}
	proxy_hide_credentials(argv);
	if (print_about(&launch.options)) {
		options_done(&launch.options);
		return EXIT_SUCCESS;
	}
	launch_init(&launch);
	if (settle_parent(&launch, parent, &status, &error))
		run(&launch, &status, &error);
	if (error)
		failure_print("netns-run", error);
	launch_done(&launch, status);
	return status;
}
