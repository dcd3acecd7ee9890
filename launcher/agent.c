/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent - the process that stays in the gateway namespace and makes sockets there */
#include "launcher/agent.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <linux/capability.h>
#include <sys/socket.h>
#include <unistd.h>

#include "launcher/transparent.h"
#include "src/agent_protocol.h"
#include "src/capability.h"
#include "src/failure.h"
#include "src/fdpass.h"

G_STATIC_ASSERT(AGENT_MAX_SOCKETS <= FDPASS_MAX_FDS);

/* Beside socket(): what fdpass, transparent, malloc() and the end of a process need. */
static const int allowed_calls[] = {
	SCMP_SYS(recvmsg),	SCMP_SYS(sendmsg), SCMP_SYS(setsockopt), SCMP_SYS(close),
	SCMP_SYS(brk),		SCMP_SYS(mmap),	   SCMP_SYS(munmap),	 SCMP_SYS(madvise),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(exit),	   SCMP_SYS(exit_group), SCMP_SYS(restart_syscall),
#ifdef __SANITIZE_ADDRESS__
	SCMP_SYS(sigaltstack), /* of ASan's _exit() */
#endif
};

static int add_rules(scmp_filter_ctx filter)
{
	static const int families[] = {AF_INET, AF_INET6};
	int status = 0;

	for (size_t i = 0; status == 0 && i < G_N_ELEMENTS(allowed_calls); i++)
		status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
	for (size_t i = 0; status == 0 && i < G_N_ELEMENTS(families); i++)
		status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
					  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
	return status;
}

static bool filter_system_calls(GError **error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int status = filter ? add_rules(filter) : -ENOMEM;

	if (status == 0)
		status = seccomp_load(filter);
	seccomp_release(filter);
	if (status < 0)
		failure_set(error, -status, NULL, "load the agent's system call filter: %s",
			    g_strerror(-status));
	return status == 0;
}

static bool close_others(int socket, GError **error)
{
	if ((socket > 0 && close_range(0, (unsigned)socket - 1, 0) < 0) ||
	    close_range((unsigned)socket + 1, ~0U, 0) < 0)
		return failure_errno(error, "close the agent's other descriptors");
	return true;
}

/* The filter comes last: it allows none of the calls before it. */
static bool lock_down(int socket, GError **error)
{
	static const int kept[] = {CAP_NET_ADMIN};

	return capability_keep_only(kept, G_N_ELEMENTS(kept), error) &&
	       close_others(socket, error) && filter_system_calls(error);
}

static bool is_well_formed(const struct agent_message *request)
{
	return (request->family == AF_INET || request->family == AF_INET6) &&
	       (request->type == SOCK_STREAM || request->type == SOCK_DGRAM) &&
	       request->count >= 1 && request->count <= AGENT_MAX_SOCKETS && request->errnum == 0;
}

static void close_all(const int *fds, size_t n_fds)
{
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
}

/* Makes all sockets of a request, or none; returns how many. */
static size_t make_sockets(struct agent_message *message, int *ret_fds)
{
	for (size_t i = 0; i < message->count; i++) {
		ret_fds[i] = transparent_socket(message->family, message->type);
		if (ret_fds[i] >= 0)
			continue;
		message->errnum = (uint16_t)errno;
		close_all(ret_fds, i);
		return 0;
	}
	return message->count;
}

static bool answer(int socket, const struct agent_message *request)
{
	struct agent_message message = *request;
	int fds[AGENT_MAX_SOCKETS];
	size_t n_fds = make_sockets(&message, fds);
	bool sent = fdpass_send(socket, &message, sizeof(message), fds, n_fds, NULL);

	close_all(fds, n_fds);
	return sent;
}

static bool serve_one(int socket)
{
	struct agent_message request;
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	ssize_t size = fdpass_receive(socket, &request, sizeof(request), fds, &n_fds);

	close_all(fds, n_fds);
	return size == sizeof(request) && n_fds == 0 && is_well_formed(&request) &&
	       answer(socket, &request);
}

void agent_serve(int socket)
{
	g_autoptr(GError) error = NULL;

	if (!lock_down(socket, &error)) {
		failure_print("netns-run agent", error);
		return;
	}
	while (serve_one(socket))
		;
	close(socket);
}
