/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent - the process that stays in the gateway namespace and makes sockets there */
#include "link/agent.h"

#include <errno.h>
#include <stdbool.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/seccomp_compiler.h"
#include "src/syscall_names.h"
#include "link/transparent.h"
#include "src/agent_protocol.h"
#include "src/capability.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/landlock.h"

G_STATIC_ASSERT(AGENT_MAX_SOCKETS <= FDPASS_MAX_FDS);

/* Beside socket(): what fdpass, transparent, malloc() and the end of a process need. */
static const char *const allowed_calls[] = {
	"recvmsg",     "sendmsg", "setsockopt",	  "close", "brk",	 "mmap",
	"munmap",      "madvise", "rt_sigreturn", "exit",  "exit_group", "restart_syscall",
#ifdef __SANITIZE_ADDRESS__
	"sigaltstack", /* of ASan's _exit() */
#endif
};

static void add_rules(struct seccomp_profile *profile)
{
	static const unsigned families[] = {AF_INET, AF_INET6};

	for (size_t i = 0; i < G_N_ELEMENTS(allowed_calls); i++)
		seccomp_profile_add(profile, allowed_calls[i], SECCOMP_RET_ALLOW, NULL, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
		const struct seccomp_condition family = {0, SECCOMP_EQ, families[i], UINT64_MAX};

		seccomp_profile_add(profile, "socket", SECCOMP_RET_ALLOW, &family, 1);
	}
}

static bool filter_system_calls(GError **error)
{
	const uint32_t native = syscall_native_architecture();
	struct seccomp_profile profile;

	seccomp_profile_init(&profile, SECCOMP_RET_KILL_PROCESS);
	g_array_append_val(profile.architectures, native);
	add_rules(&profile);
	bool installed = seccomp_profile_install(&profile, error);
	seccomp_profile_done(&profile);
	return installed;
}

static bool close_between(int low, int high)
{
	return high - low < 2 || close_range((unsigned)low + 1, (unsigned)high - 1, 0) == 0;
}

/* All but two, which may be the same. */
static bool close_others(int first, int second, GError **error)
{
	int low = MIN(first, second), high = MAX(first, second);

	if (close_between(-1, low) && close_between(low, high) && close_between(high, INT_MAX))
		return true;
	return failure_errno(error, "close the agent's other descriptors");
}

/* Landlock only where there is one: the filter lets nothing be opened anyway. */
static bool give_up_files(GError **error)
{
	const struct rlimit none = {0, 0};

	(void)landlock_restrict(NULL, 0, false, NULL);
	return setrlimit(RLIMIT_CORE, &none) == 0 || failure_errno(error, "forbid core dumps");
}

/* The filter comes last: it allows none of the calls before it. */
static bool lock_down(int socket, const struct gateway_removal *removal, GError **error)
{
	static const int kept[] = {CAP_NET_ADMIN};

	return capability_keep_only(kept, G_N_ELEMENTS(kept), error) &&
	       close_others(socket, removal ? removal->socket : socket, error) &&
	       give_up_files(error) && filter_system_calls(error);
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
	g_autoptr(GError) error = NULL;
	bool sent = fdpass_send(socket, &message, sizeof(message), fds, n_fds, &error);

	close_all(fds, n_fds);
	/* The user has too many descriptors under way (unix(7)): soon there are less. */
	if (!sent && error->code == ETOOMANYREFS) {
		message.errnum = ETOOMANYREFS;
		sent = fdpass_send(socket, &message, sizeof(message), NULL, 0, NULL);
	}
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

void agent_serve(int socket, const struct gateway_removal *removal)
{
	g_autoptr(GError) error = NULL;

	if (!lock_down(socket, removal, &error)) {
		failure_print("netns-run agent", error);
		return;
	}
	while (serve_one(socket))
		;
	close(socket);
	if (removal)
		gateway_remove(removal);
}
