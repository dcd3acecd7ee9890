/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns-forwarder - the host side of a container's network */

/*
 * How it works
 *
 * Started by the launcher with one end of the hand-over socket (see src/handoff.h), it receives the
 * link's descriptors, publishes the ports, enters its sandbox (sandbox.h), answers *ready* and runs
 * until that socket closes: the launcher has ended, in whatever way. Should the launcher have been
 * killed, the container's state directory is still there; the forwarder then removes it.
 *
 * Trust: it believes the launcher. Frames and whatever comes from the gateway namespace are the
 * command's and may be hostile. It speaks on the host with the rights of the ordinary user who
 * started it, so what the command may reach is decided here (policy.c) and nowhere else. Should a
 * parser have a bug, the sandbox bounds what that gives away; SECURITY.md has all of it.
 */

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <glib-unix.h>

#include "forwarder/compat.h"
#include "forwarder/forwarder.h"
#include "forwarder/notifier.h"
#include "forwarder/stack.h"
#include "src/autoclose.h"
#include "src/descriptor_limit.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/handoff.h"
#include "src/handoff_message.h"
#include "src/notice.h"
#include "src/standard_streams.h"
#include "src/state_dir.h"
#include "version.h"

struct arguments {
	int handoff_fd;
	int state_fd;
	gboolean version;
	char *compat;
};

struct session {
	struct forwarder *forwarder;
	struct notifier *notifier;
	bool running;
	int handoff_fd;
	int signal_fd;
	int state_fd;	 /* or -1 */
	int resolver_fd; /* what the launcher watches resolv.conf with, or -1 */
	sigset_t signals;
};

static JsonNode *empty_notice(void)
{
	return json_node_new(JSON_NODE_OBJECT);
}

static void tell_kept(const struct session *session, const GError *failure)
{
	JsonNode *notice = empty_notice();

	json_object_set_string_member(json_node_get_object(notice), "failed", failure->message);
	json_object_set_int_member(json_node_get_object(notice), "errno", failure->code);
	notifier_tell(session->notifier, NOTICE_KEPT, notice, NULL, 0, NULL);
}

/* Returns only when everything is as it was. */
static void yield(const struct session *session, int socket)
{
	g_autoptr(GError) failure = NULL;

	if (forwarder_yield(session->forwarder, socket, &failure)) {
		/* Nothing may be closed in order: the connections are another's. */
		if (notifier_tell(session->notifier, NOTICE_YIELDED, empty_notice(), NULL, 0,
				  &failure))
			_exit(EXIT_SUCCESS);
		forwarder_resume(session->forwarder);
	}
	tell_kept(session, failure);
}

/*
 * The descriptor is kept, not used: whoever closes the last one waits for the kernel, and nobody
 * waits for this process's end.
 */
static void take_resolv_conf(struct session *session, JsonObject *order, int *fds, size_t n_fds)
{
	const char *text = json_object_get_string_member(order, "resolv_conf");

	if (text)
		forwarder_set_resolv_conf(session->forwarder, text);
	if (n_fds > 0 && session->resolver_fd < 0)
		session->resolver_fd = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
}

/* False when no more orders will come: the launcher has ended. */
static bool take_order(struct session *session)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	g_autoptr(GError) failure = NULL;
	g_autoptr(JsonNode) root =
		handoff_message_receive(session->handoff_fd, fds, &n_fds, &failure);

	if (!root)
		return failure->code == EAGAIN;
	JsonObject *object = json_node_get_object(root);
	const char *order = json_object_get_string_member(object, "order");
	if (g_strcmp0(order, ORDER_YIELD) == 0) {
		yield(session, n_fds > 0 ? fds[0] : -1);
	} else if (g_strcmp0(order, ORDER_RESOLVER) == 0) {
		take_resolv_conf(session, object, fds, n_fds);
	} else {
		failure_set(&failure, EOPNOTSUPP, NULL, "netns-forwarder does not know that order");
		tell_kept(session, failure);
	}
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	return true;
}

static gboolean on_handoff(gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED,
			   gpointer data)
{
	struct session *session = data;

	session->running = take_order(session);
	return session->running;
}

static gboolean on_signal(gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED,
			  gpointer data)
{
	struct session *session = data;

	session->running = false;
	return G_SOURCE_REMOVE;
}

static bool parse_arguments(struct arguments *arguments, int argc, char **argv, GError **error)
{
	const GOptionEntry entries[] = {
		{"handoff-fd", 0, 0, G_OPTION_ARG_INT, &arguments->handoff_fd,
		 "Socket on which netns-run sends the link", "FD"},
		{"state-fd", 0, 0, G_OPTION_ARG_INT, &arguments->state_fd,
		 "Directory to remove when netns-run has died", "FD"},
		{"compat", 0, 0, G_OPTION_ARG_STRING, &arguments->compat,
		 "Take the command line of another helper, slirp4netns or pasta; comes first",
		 "NAME"},
		{"version", 'v', 0, G_OPTION_ARG_NONE, &arguments->version, "Print the version",
		 NULL},
		{0},
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) failure = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_set_summary(context, "The host side of a container's network. Started "
					      "by netns-run, see netns-forwarder(1).");
	if (!g_option_context_parse(context, &argc, &argv, &failure)) {
		failure_set(error, EINVAL, "see netns-forwarder --help", "%s", failure->message);
		return false;
	}
	if (arguments->compat) {
		g_clear_pointer(&arguments->compat, g_free);
		failure_set(error, EINVAL, "put --compat=NAME first",
			    "what another helper would understand follows --compat=NAME");
		return false;
	}
	if (arguments->version || arguments->handoff_fd >= 0)
		return true;
	failure_set(error, EINVAL, "start it through netns-run", "no --handoff-fd was given");
	return false;
}

/* GLib reads its seed with the first number, from a file that the sandbox has not. */
static void seed_random_numbers(void)
{
	(void)g_random_int();
}

/*
 * libslirp allocates two zeroed buffers of 128 KiB for each TCP connection. As mappings of their
 * own they cost what is used of them; in the heap, where malloc(3) puts them once it has seen a
 * chunk of that size freed, they are cleared, and so resident, as a whole.
 */
static void keep_large_buffers_mapped(void)
{
	mallopt(M_MMAP_THRESHOLD, 64 * 1024);
}

static void watch_session(struct session *session)
{
	g_unix_fd_add(session->handoff_fd, G_IO_IN | G_IO_HUP, on_handoff, session);
	session->signal_fd = signalfd(-1, &session->signals, SFD_CLOEXEC);
	g_unix_fd_add(session->signal_fd, G_IO_IN, on_signal, session);
}

/* Before any thread is started. signalfd(2), because g_unix_signal_add() starts a thread. */
static void block_signals(struct session *session)
{
	sigemptyset(&session->signals);
	sigaddset(&session->signals, SIGTERM);
	sigaddset(&session->signals, SIGINT);
	sigprocmask(SIG_SETMASK, &session->signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool send_ready(const struct session *session, const struct forwarder *forwarder,
		       GError **error)
{
	struct port_set ports;

	port_set_init(&ports);
	port_table_copy(forwarder_ports(forwarder), &ports);
	g_autofree char *note = forwarder_note(forwarder);
	bool sent = handoff_send_ready(session->handoff_fd, &ports, note, error);
	port_set_done(&ports);
	return sent;
}

/* Waits until the launcher tells to go, or has ended. */
static bool await_go(const struct session *session, GError **error)
{
	struct pollfd entry = {.fd = session->handoff_fd, .events = POLLIN};
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;

	while (poll(&entry, 1, -1) < 0 && errno == EINTR)
		;
	g_autoptr(JsonNode) root = handoff_message_receive(session->handoff_fd, fds, &n_fds, error);
	for (size_t i = 0; root && i < n_fds; i++)
		close(fds[i]);
	if (!root)
		return false;
	const char *order = json_object_get_string_member(json_node_get_object(root), "order");
	return g_strcmp0(order, ORDER_GO) == 0 || handoff_message_malformed(error, "order");
}

/* Takes the place of another forwarder, if it was started for that. */
static bool succeed(const struct session *session, int predecessor, GError **error)
{
	if (predecessor < 0)
		return true;
	return notifier_tell(session->notifier, NOTICE_PREPARED, empty_notice(), NULL, 0, error) &&
	       forwarder_receive(session->forwarder, predecessor, error) &&
	       await_go(session, error) && forwarder_go(session->forwarder, error);
}

static bool serve(struct session *session, struct handoff_start *start, GError **error)
{
	if (!handoff_receive_start(session->handoff_fd, start, error))
		return false;
	autoclose int predecessor = handoff_take_fd(start, HANDOFF_FD_PREDECESSOR);
	session->notifier = notifier_new(session->handoff_fd);
	session->forwarder = forwarder_new(start, session->notifier, error);
	bool ready = session->forwarder &&
		     forwarder_lock_down(session->forwarder, session->state_fd, error) &&
		     succeed(session, predecessor, error) &&
		     send_ready(session, session->forwarder, error);
	if (ready) {
		watch_session(session);
		forwarder_run(session->forwarder, &session->running);
	}
	forwarder_free(session->forwarder);
	notifier_free(session->notifier);
	return ready;
}

/*
 * The hand-over socket becomes standard input, which nobody reads: what is said last, from a signal
 * handler, finds it there (sandbox_calls.c). Whatever else was inherited is not ours.
 */
static bool take_descriptors(const struct arguments *arguments, struct session *session,
			     GError **error)
{
	int first = STDERR_FILENO + 1, state = arguments->state_fd;

	if (dup3(arguments->handoff_fd, STDIN_FILENO, O_CLOEXEC) < 0)
		return failure_errno(error, "take the hand-over socket %d", arguments->handoff_fd);
	session->handoff_fd = STDIN_FILENO;
	session->state_fd = state;
	if (state >= first) {
		fcntl(state, F_SETFD, FD_CLOEXEC);
		close_range((unsigned)state + 1, ~0U, 0);
		return state == first ||
		       close_range((unsigned)first, (unsigned)state - 1, 0) == 0 ||
		       failure_errno(error, "close inherited descriptors");
	}
	close_range((unsigned)first, ~0U, 0);
	return true;
}

/* True if the launcher has died, also before it sent anything. */
static bool has_hung_up(int socket)
{
	struct pollfd entry = {.fd = socket, .events = POLLIN};

	return poll(&entry, 1, 0) == 1 && (entry.revents & POLLHUP);
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.handoff_fd = -1, .state_fd = -1};
	struct session session = {.running = true, .resolver_fd = -1};
	struct handoff_start start;
	g_autoptr(GError) error = NULL;

	standard_streams_ensure();
	if (!compat_execute(argc, argv, &error) ||
	    !parse_arguments(&arguments, argc, argv, &error) ||
	    (!arguments.version && !take_descriptors(&arguments, &session, &error))) {
		failure_print("netns-forwarder", error);
		return EXIT_FAILURE;
	}
	if (arguments.version) {
		g_print("netns-forwarder version %s\nlibslirp: %s\n"
			"SLIRP_CONFIG_VERSION_MAX: %u\n",
			NETNS_RUN_VERSION, stack_version(), stack_config_version_max());
		return EXIT_SUCCESS;
	}
	/* libslirp takes one a flow. */
	descriptor_limit_raise(NULL);
	descriptor_limit_open_reserve(false);
	keep_large_buffers_mapped();
	seed_random_numbers();
	block_signals(&session);
	handoff_start_init(&start);
	bool served = serve(&session, &start, &error);
	if (!served)
		handoff_send_failed(session.handoff_fd, error, NULL);
	if (session.state_fd >= 0 && has_hung_up(session.handoff_fd))
		state_dir_remove_fd(session.state_fd);
	/* The launcher waits for this, not for the end of the TAP, which takes the kernel long. */
	close(session.handoff_fd);
	handoff_start_done(&start);
	return served ? EXIT_SUCCESS : EXIT_FAILURE;
}
