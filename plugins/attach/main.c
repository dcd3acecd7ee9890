/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-attach - gives a network to a namespace that another program has made */

/*
 * How it works
 *
 * A sandbox makes its namespaces itself and tells of them by a PID, a path or descriptors. A child
 * of ours enters them and makes the link there (link/attach.h), or the caller has a TAP already;
 * the forwarder gets the link, in the host's namespaces and without a privilege
 * (plugins/session.h). When it serves, we say so and wait for the end: of the process or the path
 * that was named, of the caller (--exit-fd), of the socket of frames, or a signal. With --detach
 * all that is in a process behind the one that was called (plugins/background.h).
 *
 * Trust: it believes its caller, and nothing that is in the namespaces.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/network.h"
#include "launcher/report.h"
#include "plugins/attach/options.h"
#include "plugins/attach/target.h"
#include "plugins/background.h"
#include "plugins/session.h"
#include "plugins/session_report.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/proxy.h"
#include "src/standard_streams.h"
#include "src/state_dir.h"
#include "version.h"

#define PROGRAM "netns-attach"

struct attach {
	struct attach_options options;
	struct target target;
	struct session *session;
	struct background background; /* with --detach */
	char *name;
};

/* --- until it is ready --- */

static bool fill_start(struct attach_options *options, struct handoff_start *start, GError **error)
{
	network_fill_start(&options->network, start);
	start->outbound = options->outbound.outbound;
	start->sandbox = options->sandbox.mode;
	start->rates = options->rate.rates;
	if (!outbound_find_proxy(&start->outbound, error))
		return false;
	start->fds[HANDOFF_FD_CONTROL] = g_steal_fd(&options->control_fd);
	start->fds[HANDOFF_FD_EGRESS] = egress_set_to_fd(options->egress.set, error);
	return start->fds[HANDOFF_FD_EGRESS] >= 0;
}

/* Whoever brings a control socket knows where it is; others find one by the name. */
static bool make_session(struct attach *attach, GError **error)
{
	struct state_dir *state = NULL;

	if (attach->options.control_fd < 0) {
		state = state_dir_create(attach->options.name, error);
		if (!state)
			return false;
		attach->name = g_strdup(state_dir_name(state));
	}
	attach->session = session_new(PROGRAM, state, error);
	return attach->session;
}

static bool make_link(struct attach *attach, struct attachment *ret_attachment, GError **error)
{
	struct link_config link;

	if (!network_plan(&attach->options.network, &link, error))
		return false;
	outbound_options_apply(&attach->options.outbound, &link);
	rate_options_apply(&attach->options.rate, &link);
	if (!target_attach(&attach->target, &attach->options, &link, ret_attachment, error))
		return false;
	if (ret_attachment->note)
		g_printerr(PROGRAM ": link tap, not gateway: %.*s\n",
			   (int)strcspn(ret_attachment->note, "\n"), ret_attachment->note);
	return true;
}

/* Before the link is made: a process that is gone by then could have another's namespaces. */
static bool watch_target(struct attach *attach, GError **error)
{
	const struct target *target = &attach->target;

	if (attach->options.exit_fd >= 0)
		session_end_with_fd(attach->session, attach->options.exit_fd);
	if (target->pid)
		return session_end_with_process(attach->session, target->pid, error);
	return !target->path || session_end_with_netns(attach->session, target->path,
						       target->namespaces.netns, error);
}

static bool announce(struct attach *attach, GError **error)
{
	struct handoff_start *start = session_handoff(attach->session);
	g_autoptr(JsonObject) nothing = json_object_new();
	g_autofree char *info =
		session_report(attach->name ? attach->name : PROGRAM, start, nothing);

	report_chosen_ports(PROGRAM, attach->options.network.ports, start->ports.rules);
	return report_info(g_steal_fd(&attach->options.info_fd), info, error) &&
	       report_ready(g_steal_fd(&attach->options.ready_fd), error);
}

/* The namespaces are the link's from here on: a descriptor of ours would keep them. */
static bool start(struct attach *attach, GError **error)
{
	struct attachment attachment;

	attachment_init(&attachment);
	if (!target_prepare_descriptors(&attach->options, error) || !make_session(attach, error) ||
	    !fill_start(&attach->options, session_handoff(attach->session), error) ||
	    !target_open(&attach->target, &attach->options, error) ||
	    !watch_target(attach, error) || !make_link(attach, &attachment, error))
		return false;
	target_done(&attach->target);
	return session_start(attach->session, &attachment, error) && announce(attach, error);
}

/* --- until it ends --- */

/* The status to leave with. */
static int await_end(struct attach *attach, GError **error)
{
	switch (session_run(attach->session, error)) {
	case SESSION_FAILED:
	case SESSION_AGENT_GONE:
		return EXIT_FAILURE;
	default:
		return EXIT_SUCCESS;
	}
}

static void attach_done(struct attach *attach)
{
	target_done(&attach->target);
	session_free(attach->session);
	g_free(attach->name);
	attach_options_done(&attach->options);
}

static int run_here(struct attach *attach)
{
	g_autoptr(GError) error = NULL;
	int status = EXIT_FAILURE, death_signal = 0;

	if (start(attach, &error)) {
		status = await_end(attach, &error);
		death_signal = session_signal(attach->session);
	}
	if (error)
		failure_print(PROGRAM, error);
	attach_done(attach);
	if (death_signal)
		session_die_by(death_signal);
	return status;
}

/* --- with --detach --- */

static int run_helper(struct attach *attach)
{
	g_autoptr(GError) error = NULL;
	bool started = start(attach, &error);

	if (started) {
		JsonObject *report = json_object_new();
		if (attach->name)
			json_object_set_string_member(report, "name", attach->name);
		started = background_ready(&attach->background, report,
					   session_log(attach->session), &error);
	} else
		background_failed(&attach->background, error);
	int status = started ? await_end(attach, &error) : EXIT_FAILURE;
	/* Into the log; of a start that has failed the caller was told. */
	if (started && error)
		failure_print(PROGRAM, error);
	attach_done(attach);
	return status;
}

static int tell_name(struct attach *attach)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonObject) report = background_await(&attach->background, &error);

	if (!report)
		failure_print(PROGRAM, error);
	else if (json_object_has_member(report, "name"))
		printf("%s\n", json_object_get_string_member(report, "name"));
	attach_done(attach);
	return report ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_behind(struct attach *attach)
{
	const struct attach_options *options = &attach->options;
	const int fds[] = {options->netns_fd,	options->userns_fd, options->tap_fd,
			   options->control_fd, options->ready_fd,  options->info_fd,
			   options->exit_fd};
	g_autoptr(GArray) keep = g_array_new(FALSE, FALSE, sizeof(int));
	g_autoptr(GError) error = NULL;

	g_array_append_vals(keep, fds, G_N_ELEMENTS(fds));
	for (guint i = 0; i < options->network.sockets->len; i++)
		g_array_append_val(
			keep, g_array_index(options->network.sockets, struct port_socket, i).fd);
	switch (background_fork(&attach->background, (const int *)keep->data, keep->len, &error)) {
	case BACKGROUND_HELPER:
		return run_helper(attach);
	case BACKGROUND_CALLER:
		return tell_name(attach);
	default:
		failure_print(PROGRAM, error);
		attach_done(attach);
		return EXIT_FAILURE;
	}
}

/* True if that was all that the user wanted. */
static bool print_about(const struct attach_options *options)
{
	if (options->help)
		fputs(options->help, stdout);
	else if (options->version)
		puts(PROGRAM " " NETNS_RUN_VERSION);
	return options->help || options->version;
}

int main(int argc G_GNUC_UNUSED, char **argv)
{
	struct attach attach = {0};
	g_autoptr(GError) error = NULL;

	standard_streams_ensure();
	target_init(&attach.target);
	if (!attach_options_parse(&attach.options, argv, &error)) {
		failure_print(PROGRAM, error);
		return EXIT_FAILURE;
	}
	proxy_hide_credentials(argv);
	if (print_about(&attach.options)) {
		attach_options_done(&attach.options);
		return EXIT_SUCCESS;
	}
	return attach.options.detach ? run_behind(&attach) : run_here(&attach);
}
