/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_abort - ends the connections of a container whose other end is gone (sock_diag(7)) */
#include "link/tcp_abort.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "src/autoclose.h"
#include "src/failure.h"

/* Not those that are still to be opened: their SYNs come again. */
#define ABORTED_STATES                                                                             \
	(1u << TCP_ESTABLISHED | 1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2 | 1u << TCP_CLOSE_WAIT)

/* The connections that a listing has found. */
struct listing {
	const struct link_config *link;
	GArray *requests; /* of struct inet_diag_req_v2 */
};

static struct ip_address read_address(const __be32 words[4], sa_family_t family)
{
	struct ip_address address = {.family = family};
	const struct in6_addr *v6 = (const struct in6_addr *)(const void *)words;

	if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(v6)) {
		address.family = AF_INET;
		words += 3;
	}
	memcpy(address.bytes, words, ip_address_bits(&address) / 8);
	return address;
}

/* The command's connections to itself have the link's address, too, at both ends. */
static bool is_over_link(const struct link_config *link, const struct inet_diag_msg *message)
{
	const struct inet_diag_sockid *id = &message->id;
	const struct ip_address from = read_address(id->idiag_src, message->idiag_family);
	const struct ip_address to = read_address(id->idiag_dst, message->idiag_family);
	const struct link_network *network = link_config_network(link, from.family);

	return network->enabled && ip_address_equal(&from, &network->command) &&
	       !ip_address_equal(&from, &to);
}

static int on_connection(struct nl_msg *reply, void *opaque)
{
	struct listing *listing = opaque;
	const struct nlmsghdr *header = nlmsg_hdr(reply);

	if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
		return NL_SKIP;
	const struct inet_diag_msg *message = nlmsg_data(header);
	const struct inet_diag_req_v2 request = {
		.sdiag_family = message->idiag_family,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = 1u << message->idiag_state,
		.id = message->id,
	};
	if (is_over_link(listing->link, message))
		g_array_append_val(listing->requests, request);
	return NL_OK;
}

static void list_connections(struct nl_sock *socket, struct listing *listing, uint8_t family)
{
	struct inet_diag_req_v2 request = {
		.sdiag_family = family,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = ABORTED_STATES,
	};

	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_connection, listing);
	if (nl_send_simple(socket, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &request, sizeof(request)) >= 0)
		nl_recvmsgs_default(socket);
}

static void abort_all(const struct link_config *link)
{
	struct listing listing = {link, g_array_new(FALSE, FALSE, sizeof(struct inet_diag_req_v2))};
	struct nl_sock *socket = nl_socket_alloc();

	if (!socket || nl_connect(socket, NETLINK_SOCK_DIAG) < 0)
		return;
	list_connections(socket, &listing, AF_INET);
	list_connections(socket, &listing, AF_INET6);
	for (guint i = 0; i < listing.requests->len; i++) {
		struct inet_diag_req_v2 *request =
			&g_array_index(listing.requests, struct inet_diag_req_v2, i);
		/* One that is gone by now was not to be ended any more. */
		if (nl_send_simple(socket, SOCK_DESTROY, 0, request, sizeof(*request)) >= 0)
			nl_wait_for_ack(socket);
	}
}

static int open_namespace(pid_t child, const char *name)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/ns/%s", child, name);

	return open(path, O_RDONLY | O_CLOEXEC);
}

bool tcp_abort_init(struct tcp_abort *abort, pid_t child, GError **error)
{
	*abort = (struct tcp_abort){
		.user = open_namespace(child, "user"),
		.network = open_namespace(child, "net"),
	};
	if (abort->user >= 0 && abort->network >= 0)
		return true;
	return failure_errno(error, "open the container's namespaces");
}

void tcp_abort_done(struct tcp_abort *abort)
{
	close_fd(&abort->user);
	close_fd(&abort->network);
}

void tcp_abort_connections(const struct tcp_abort *abort, const struct link_config *link)
{
	if (abort->user < 0 || abort->network < 0)
		return;
	/* A process of its own: nobody comes back from a user namespace. */
	pid_t pid = fork();

	if (pid == 0) {
		if (setns(abort->user, CLONE_NEWUSER) == 0 &&
		    setns(abort->network, CLONE_NEWNET) == 0)
			abort_all(link);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
