/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture - netns-ctl NAME capture: the packets of a running container as a pcap file */
#include "src/ctl/watch/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/ctl/watch/capture_file.h"
#include "src/ctl/capture_options.h"
#include "src/ctl/container_process.h"
#include "src/ctl/message.h"
#include "src/ctl/watch/packet_interface.h"
#include "src/ctl/watch/packet_ring.h"
#include "src/ctl/watch/patient_output.h"
#include "src/ctl/session.h"
#include "src/failure.h"
#include "src/state_dir.h"

/* The interface often goes a moment before its container. */
#define END_PATIENCE_MS 1000
/* Until one that is down is looked at again. */
#define DOWN_PATIENCE_MS 200

struct capture {
	const char *container;
	struct capture_options options;
	const char *name; /* of the interface */
	struct packet_interface interface;
	struct packet_ring *ring;
	struct capture_file *file;
	int output;	  /* what is written to */
	int output_error; /* errno of the first failure */
	int signals;	  /* signalfd(2) */
	int launcher;	  /* pidfd */
	uint64_t count, size;
	bool full;    /* a limit is reached */
	bool is_down; /* the interface */
};

/* --- beginning --- */

static int request_socket(const char *container, bool cooked, GError **error)
{
	g_autoptr(JsonObject) arguments = json_object_new();
	const struct session_request request = {.verb = "packet-socket", .arguments = arguments};
	autosession struct session *session = session_open(container, error);
	autoclose int fd = -1;

	json_object_set_boolean_member(arguments, "cooked", cooked);
	if (!session || !session_send(session, &request, error))
		return -1;
	g_autoptr(JsonObject) reply = session_receive(session, CLIENT_TIMEOUT, &fd, error);
	g_autoptr(JsonObject) result = reply ? message_result(reply, container, error) : NULL;
	if (result && fd < 0)
		failure_set(error, EBADMSG, NULL, "container '%s' sent no socket", container);
	return result ? g_steal_fd(&fd) : -1;
}

/* That of the link; "lo" where there is none. */
static char *default_interface(const char *container, GError **error)
{
	g_autofree char *text = state_dir_read(container, error);

	if (!text)
		return NULL;
	g_autoptr(JsonObject) state = message_parse(text, strlen(text));
	const char *name = state ? message_string(state, "ifname") : NULL;
	return g_strdup(name ? name : "lo");
}

static bool open_ring(struct capture *capture, GError **error)
{
	bool cooked = g_str_equal(capture->name, CAPTURE_ANY);
	autoclose int fd = request_socket(capture->container, cooked, error);

	if (fd < 0)
		return false;
	if (!cooked && !packet_interface_find(fd, capture->name, &capture->interface, error))
		return false;
	g_autofree char *expression = g_strjoinv(" ", (char **)capture->options.expression);
	const struct capture_format format = {
		.link_type = capture->interface.type,
		.cooked = cooked,
		.snaplen = capture->options.snaplen,
		.expression = expression,
	};
	capture->file = capture_file_new(&format, error);
	if (capture->file)
		capture->ring = packet_ring_new(g_steal_fd(&fd), cooked, error);
	if (!capture->ring)
		return false;
	capture_file_attach(capture->file, capture->ring);
	return true;
}

static bool open_output(struct capture *capture, GError **error)
{
	const char *path = capture->options.file;

	if (!path) {
		capture->output = STDOUT_FILENO;
		return true;
	}
	capture->output = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
	return capture->output >= 0 || failure_errno(error, "write to %s", path);
}

/* From here on a signal waits until the loop takes it. */
static bool watch_signals(struct capture *capture, GError **error)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	capture->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return capture->signals >= 0 || failure_errno(error, "watch signals");
}

static bool begin_file(struct capture *capture, GError **error)
{
	FILE *stream =
		patient_output_open(capture->output, capture->signals, &capture->output_error);

	if (!stream)
		return failure_errno(error, "write packets");
	if (!capture_file_begin(capture->file, stream, error))
		return false;
	capture_file_flush(capture->file);
	capture->size = CAPTURE_FILE_HEADER;
	return true;
}

static bool begin(struct capture *capture, GError **error)
{
	capture->launcher = container_process_open_launcher(capture->container, error);
	if (capture->launcher < 0 || !open_ring(capture, error) || !open_output(capture, error) ||
	    !watch_signals(capture, error) || !begin_file(capture, error) ||
	    !packet_ring_start(capture->ring, capture->interface.index, error))
		return false;
	fprintf(stderr, "netns-ctl: listening on %s of '%s', snapshot length %" PRIu32 " bytes\n",
		capture->name, capture->container, capture->options.snaplen);
	return true;
}

/* --- packets --- */

static bool take_packet(const struct packet *packet, void *opaque)
{
	struct capture *capture = opaque;
	struct packet wanted = *packet;

	if (!capture_file_wants(capture->file, &wanted))
		return true;
	uint64_t size = CAPTURE_PACKET_HEADER + (uint64_t)wanted.captured;
	if (capture->size + size > capture->options.size) {
		capture->full = true;
		return false;
	}
	capture_file_write(capture->file, &wanted);
	capture->size += size;
	capture->full = ++capture->count >= capture->options.count;
	return !capture->full;
}

/* False when nothing was there. */
static bool read_packets(struct capture *capture)
{
	bool came = packet_ring_read(capture->ring, take_packet, capture);

	if (came)
		capture_file_flush(capture->file);
	return came;
}

static bool is_over(const struct capture *capture)
{
	return capture->full || capture->output_error;
}

/* What the kernel has taken, but not handed over yet. */
static void read_rest(struct capture *capture)
{
	struct pollfd fd = {.fd = packet_ring_fd(capture->ring), .events = POLLIN};

	packet_ring_stop(capture->ring);
	while (!is_over(capture)) {
		if (!read_packets(capture) && poll(&fd, 1, 2 * PACKET_RING_DELAY_MS) <= 0)
			return;
		packet_ring_clear_error(capture->ring);
	}
}

/* --- end --- */

static bool has_ended(const struct capture *capture, int patience)
{
	struct pollfd fd = {.fd = capture->launcher, .events = POLLIN};

	return poll(&fd, 1, patience) > 0;
}

static enum packet_interface_state state_of(const struct capture *capture)
{
	return packet_interface_state(packet_ring_fd(capture->ring), capture->interface.index);
}

/* In milliseconds, as for poll(2). */
static int time_left(gint64 deadline)
{
	gint64 left = (deadline - g_get_monotonic_time() + 999) / 1000;

	return deadline < 0 ? INT_MAX : (int)CLAMP(left, 0, INT_MAX);
}

/*
 * How long to wait, in milliseconds. An interface that is down may come up again, or go: the kernel
 * tells neither.
 */
static int patience(const struct capture *capture, bool came, gint64 deadline)
{
	if (came)
		return 0;
	return MIN(capture->is_down ? DOWN_PATIENCE_MS : INT_MAX, time_left(deadline));
}

/* False when nothing more can come from it. */
static bool check_interface(struct capture *capture, bool has_error)
{
	if (has_error)
		packet_ring_clear_error(capture->ring);
	if (!has_error && !capture->is_down)
		return true;
	enum packet_interface_state state = state_of(capture);
	capture->is_down = state == PACKET_INTERFACE_DOWN;
	return state != PACKET_INTERFACE_GONE;
}

/* Returns when it is over, for whatever reason. */
static void run_loop(struct capture *capture)
{
	enum { RING, SIGNALS, LAUNCHER, OUTPUT, N_FDS };
	struct pollfd fds[N_FDS] = {
		[RING] = {.fd = packet_ring_fd(capture->ring), .events = POLLIN},
		[SIGNALS] = {.fd = capture->signals, .events = POLLIN},
		[LAUNCHER] = {.fd = capture->launcher, .events = POLLIN},
		[OUTPUT] = {.fd = capture->output}, /* whose reader goes */
	};
	gint64 duration = capture->options.duration;
	gint64 deadline = duration < 0 ? -1 : g_get_monotonic_time() + duration;

	while (!is_over(capture)) {
		bool came = read_packets(capture);
		if (poll(fds, N_FDS, patience(capture, came, deadline)) < 0 && errno != EINTR)
			return;
		if (fds[OUTPUT].revents)
			capture->output_error = EPIPE;
		if (fds[SIGNALS].revents || fds[LAUNCHER].revents || time_left(deadline) == 0)
			return;
		if (!check_interface(capture, fds[RING].revents & POLLERR))
			return;
	}
}

/* Why it ended, where nobody asked for it; the caller frees. */
static char *unasked_end(struct capture *capture)
{
	bool is_there = state_of(capture) != PACKET_INTERFACE_GONE;

	if (is_over(capture))
		return NULL;
	if (has_ended(capture, is_there ? 0 : END_PATIENCE_MS))
		return g_strdup_printf("; container '%s' has ended", capture->container);
	return is_there ? NULL : g_strdup_printf("; interface %s has gone", capture->name);
}

/* A reader that goes away has had enough. */
static bool check_output(const struct capture *capture, GError **error)
{
	const char *path = capture->options.file ? capture->options.file : "standard output";

	if (capture->output_error == 0 || capture->output_error == EPIPE)
		return true;
	if (capture->output_error == ECANCELED)
		failure_set(error, ECANCELED, NULL, "%s is not read: the last packets are lost",
			    path);
	else
		failure_set(error, capture->output_error, NULL, "write to %s: %s", path,
			    g_strerror(capture->output_error));
	return false;
}

static bool finish(struct capture *capture, GError **error)
{
	g_autofree char *reason = unasked_end(capture);

	read_rest(capture);
	capture_file_flush(capture->file);
	fprintf(stderr,
		"netns-ctl: %" PRIu64 " packets captured, %" PRIu64 " dropped by the kernel%s\n",
		capture->count, packet_ring_dropped(capture->ring), reason ? reason : "");
	return check_output(capture, error);
}

static void done(struct capture *capture)
{
	capture_file_free(capture->file);
	packet_ring_free(capture->ring);
	close_fd(&capture->signals);
	close_fd(&capture->launcher);
	if (capture->output != STDOUT_FILENO)
		close_fd(&capture->output);
}

static bool check_terminal(const struct capture_options *options, GError **error)
{
	if (options->file || !isatty(STDOUT_FILENO))
		return true;
	failure_set(error, EINVAL, "write to a file with -w FILE, or append: | tcpdump -nr -",
		    "packets are not for a terminal");
	return false;
}

bool capture_run(const struct ctl_request *request, GError **error)
{
	struct capture capture = {
		.container = request->container, .output = -1, .signals = -1, .launcher = -1};
	g_autofree char *own = NULL;

	if (!capture_options_parse(request, &capture.options, error) ||
	    !check_terminal(&capture.options, error))
		return false;
	if (!capture.options.interface)
		own = default_interface(request->container, error);
	capture.name = own ? own : capture.options.interface;
	bool succeeded = capture.name && begin(&capture, error);
	if (succeeded) {
		run_loop(&capture);
		succeeded = finish(&capture, error);
	}
	done(&capture);
	return succeeded;
}
