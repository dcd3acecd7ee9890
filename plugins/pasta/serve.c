/* SPDX-License-Identifier: GPL-2.0-or-later */
/* serve - one namespace's network, from the options to its end */
#include "plugins/pasta/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "link/attach.h"
#include "plugins/netns.h"
#include "plugins/pasta/auto_ports.h"
#include "plugins/pasta/loopback_ports.h"
#include "plugins/pasta/network.h"
#include "plugins/registry.h"
#include "plugins/session.h"
#include "src/autoclose.h"
#include "src/failure.h"

#define PROGRAM "pasta"

/* What is opened before the namespace is looked at, as whoever calls expects it. */
struct files {
	int log, pid; /* unset: -1 */
};

struct serving {
	struct pasta_options *options;
	struct netns target;
	struct session *session;
	struct auto_ports *auto_ports;
	struct files files;
};

static bool open_files(const struct pasta_options *options, struct files *files, GError **error)
{
	const int flags = O_CREAT | O_WRONLY | O_CLOEXEC;

	if (options->pid_file) {
		files->pid = open(options->pid_file, flags | O_TRUNC, 0644);
		if (files->pid < 0)
			return failure_errno(error, "Couldn't open PID file %s", options->pid_file);
	}
	if (options->log_file) {
		files->log = open(options->log_file, flags | O_APPEND, 0600);
		if (files->log < 0)
			return failure_errno(error, "Couldn't open log file %s", options->log_file);
	}
	return true;
}

static bool write_pid(struct files *files, GError **error)
{
	autoclose int fd = g_steal_fd(&files->pid);

	return fd < 0 || dprintf(fd, "%d\n", (int)getpid()) > 0 ||
	       failure_errno(error, "write the PID file");
}

static bool attach(struct serving *serving, const struct link_config *link,
		   struct attachment *ret_attachment, GError **error)
{
	const struct attach_plan plan = {
		.userns = serving->target.userns,
		.netns = serving->target.netns,
		.link = *link,
		.has_mac = true,
		.configure = serving->options->configure,
		.adopts = true,
	};

	if (!attach_build(&plan, ret_attachment, error))
		return false;
	if (ret_attachment->note && !serving->options->quiet)
		g_printerr(PROGRAM ": link tap, not gateway: %.*s\n",
			   (int)strcspn(ret_attachment->note, "\n"), ret_attachment->note);
	return true;
}

/*
 * Where netns-ctl finds it, and where ports are changed. A network is a network without that, too:
 * pasta itself needs no place to write to.
 */
static struct state_dir *make_state(const struct pasta_options *options,
				    const struct link_config *link, JsonNode **ret_description)
{
	const struct registry_key key = {
		.owner = PROGRAM, .id = options->netns, .ifname = link->ifname};
	g_autoptr(GError) error = NULL;
	struct state_dir *state = registry_add(&key, &error);

	*ret_description = state ? registry_describe(&key) : NULL;
	if (!state && !options->quiet)
		failure_print(PROGRAM, error);
	return state;
}

static bool make_session(struct serving *serving, const struct link_config *link, GError **error)
{
	JsonNode *description;
	struct state_dir *state = make_state(serving->options, link, &description);

	serving->session = session_new(PROGRAM, state, error);
	if (serving->session && description)
		session_describe(serving->session, REGISTRY_MEMBER, description);
	else if (description)
		json_node_unref(description);
	return serving->session;
}

static bool start(struct serving *serving, GError **error)
{
	struct pasta_options *options = serving->options;
	struct attachment attachment;
	struct link_config link;

	attachment_init(&attachment);
	if (!pasta_network_plan(options, &link, error) ||
	    !netns_open(options->netns, options->userns, &serving->target, error) ||
	    !make_session(serving, &link, error) || !attach(serving, &link, &attachment, error))
		return false;
	if (!pasta_network_fill_start(options, &attachment.link, session_handoff(serving->session),
				      error)) {
		attachment_done(&attachment);
		return false;
	}
	if (!session_start(serving->session, &attachment, error))
		return false;
	return options->no_netns_quit || session_end_with_netns(serving->session, options->netns,
								serving->target.netns, error);
}

static int log_of(const struct serving *serving)
{
	return serving->files.log >= 0 ? serving->files.log : session_log(serving->session);
}

static bool tell_ready(struct serving *serving, struct background *background, GError **error)
{
	return write_pid(&serving->files, error) &&
	       (!background || background_ready(background, NULL, log_of(serving), error));
}

static bool run(struct serving *serving, struct background *background, GError **error)
{
	if (!open_files(serving->options, &serving->files, error) || !start(serving, error))
		return false;
	if (!loopback_ports_start(&serving->options->tcp_ns, &serving->options->tcp,
				  session_handoff(serving->session)->sandbox, &serving->target,
				  error))
		return false;
	serving->auto_ports =
		auto_ports_new(serving->options, &serving->target, serving->session, error);
	return serving->auto_ports && tell_ready(serving, background, error) &&
	       session_run(serving->session, error) != SESSION_FAILED;
}

bool pasta_serve(struct pasta_options *options, struct background *background, GError **error)
{
	struct serving serving = {.options = options, .files = {.log = -1, .pid = -1}};

	netns_init(&serving.target);
	bool ok = run(&serving, background, error);
	auto_ports_free(serving.auto_ports);
	session_free(serving.session);
	netns_done(&serving.target);
	close_fd(&serving.files.log);
	close_fd(&serving.files.pid);
	return ok;
}
