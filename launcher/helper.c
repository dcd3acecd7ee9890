/* SPDX-License-Identifier: GPL-2.0-or-later */
/* helper - starts and ends netns-forwarder */
#include "launcher/helper.h"

#include <errno.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "launcher/resolver_feed.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/sibling.h"

/* How long a forwarder may take to leave by itself, in milliseconds. */
#define LEAVE_TIMEOUT_MS 500

void helper_execute(const char *program, int socket, int state_fd)
{
	char socket_text[16], state_text[16];
	bool has_state = state_fd >= 0;
	g_autoptr(GError) error = NULL;

	/* What the caller left open is not for the forwarder; two duplicates survive the exec. */
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	int inherited_socket = dup(socket);
	int inherited_state = has_state ? dup(state_fd) : -1;

	g_snprintf(socket_text, sizeof(socket_text), "%d", inherited_socket);
	g_snprintf(state_text, sizeof(state_text), "%d", inherited_state);
	setsid();
	if (inherited_socket >= 0 && (inherited_state >= 0 || !has_state))
		execl(program, "netns-forwarder", "--handoff-fd", socket_text,
		      has_state ? "--state-fd" : NULL, state_text, (char *)NULL);
	failure_errno(&error, "execute %s", program);
	handoff_send_failed(socket, error, NULL);
	_exit(127);
}

char *helper_find(GError **error)
{
	return sibling_find("netns-forwarder", "../forwarder/netns-forwarder", error);
}

static bool start(int socket, int state_fd, pid_t *ret_pid, GError **error)
{
	g_autofree char *program = helper_find(error);

	if (!program)
		return false;
	*ret_pid = fork();
	if (*ret_pid == 0)
		helper_execute(program, socket, state_fd);
	return *ret_pid > 0 || failure_errno(error, "fork");
}

bool helper_spawn(struct helper *helper, struct deputy *deputy, int state_fd, GError **error)
{
	pid_t pid = 0;
	int pair[2];

	*helper = (struct helper){.socket = -1};
	if (!fdpass_socketpair(pair, error))
		return false;
	bool started = deputy ? deputy_start_forwarder(deputy, pair[1], &pid, error)
			      : start(pair[1], state_fd, &pid, error);
	close(pair[1]);
	if (!started) {
		close(pair[0]);
		return false;
	}
	*helper = (struct helper){.pid = pid, .socket = pair[0], .deputy = deputy};
	return true;
}

bool helper_tell(struct helper *helper, const struct handoff_start *start, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autofree char *resolv_conf = resolver_feed_read(RESOLV_CONF_PATH, helper->deputy);
	struct handoff_start message = *start;

	message.resolv_conf = resolv_conf;
	if (handoff_send_start(helper->socket, &message, &failure) || failure->code == EPIPE)
		return true;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

bool helper_await(struct helper *helper, struct port_set *ret_ports, GError **error)
{
	return handoff_receive_ready(helper->socket, ret_ports, &helper->note, error);
}

void helper_kill(const struct helper *helper)
{
	if (helper->pid > 0)
		kill(helper->pid, SIGKILL);
}

void helper_forget(struct helper *helper)
{
	close_fd(&helper->socket);
	g_clear_pointer(&helper->note, g_free);
	helper->pid = 0;
}

/* True once the forwarder has closed its end: ports and state directory are free by then. */
static bool has_let_go(const struct helper *helper)
{
	struct pollfd entry = {.fd = helper->socket, .events = POLLIN};
	ssize_t size;
	char byte;

	/* It may have been about to tell something. */
	do {
		if (poll(&entry, 1, LEAVE_TIMEOUT_MS) != 1)
			return false;
		size = recv(helper->socket, &byte, sizeof(byte), MSG_DONTWAIT);
	} while (size > 0 || (size < 0 && errno == EINTR));
	return true;
}

void helper_done(struct helper *helper)
{
	if (helper->pid > 0) {
		shutdown(helper->socket, SHUT_WR);
		/* It closes the TAP last, which takes the kernel some 20 ms: no need to wait for
		 * that. */
		if (!has_let_go(helper))
			helper_kill(helper);
	}
	helper_forget(helper);
}
