/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fixture - a gateway link in fresh namespaces, and the forwarder's part of it by hand */
#include "tests/unit/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/route/neighbour.h>

#include "link/agent.h"
#include "link/netconfig.h"
#include "link/netlink.h"
#include "src/agent_protocol.h"
#include "src/autoclose.h"
#include "src/fdpass.h"
#include "src/gateway_marker.h"
#include "tests/unit/namespaces.h"

/* Bounds every wait; a test that comes to it has failed. */
#define TIMEOUT_MS 5000

const int fixture_families[] = {AF_INET, AF_INET6};
const char *const fixture_remote[] = {"192.0.2.1", "2001:db8::1"};

static const struct mac_address router_mac = {{0x52, 0x55, 0x0a, 0x00, 0x02, 0x02}};

struct endpoint fixture_endpoint_of(const char *address, uint16_t port)
{
	struct endpoint endpoint = {.port = port};

	g_assert_true(ip_address_parse(address, &endpoint.address, NULL));
	return endpoint;
}

struct endpoint fixture_command_endpoint(const struct fixture *f, int family, uint16_t port)
{
	return (struct endpoint){link_config_network(&f->config, family)->command, port};
}

static void visit(int ns)
{
	g_assert_cmpint(setns(ns, CLONE_NEWNET), ==, 0);
}

/* Starts the process that holds the command's namespaces. */
static pid_t start_holder(void)
{
	int ready[2];
	char byte;

	g_assert_cmpint(pipe2(ready, O_CLOEXEC), ==, 0);
	pid_t pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
	close(ready[0]);
	return pid;
}

static int open_ns(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/ns/net", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	g_assert_cmpint(fd, >=, 0);
	return fd;
}

/* libslirp would answer for the router; here the neighbour tables are told. */
static void add_router_neighbours(const struct link_config *config)
{
	struct netlink netlink;
	struct nl_addr *mac = nl_addr_build(AF_LLC, router_mac.bytes, sizeof(router_mac.bytes));

	g_assert_true(netlink_init(&netlink, NULL));
	for (int i = 0; i < 2; i++) {
		const struct link_network *network =
			link_config_network(config, fixture_families[i]);
		if (!network->enabled)
			continue;
		struct nl_addr *router =
			netlink_address(&network->gateway, ip_address_bits(&network->gateway));
		struct rtnl_neigh *neighbour = rtnl_neigh_alloc();
		rtnl_neigh_set_ifindex(neighbour, netlink_find_link(config->ifname, NULL));
		rtnl_neigh_set_dst(neighbour, router);
		rtnl_neigh_set_lladdr(neighbour, mac);
		rtnl_neigh_set_state(neighbour, NUD_PERMANENT);
		g_assert_cmpint(
			rtnl_neigh_add(netlink.socket, neighbour, NLM_F_CREATE | NLM_F_REPLACE), ==,
			0);
		rtnl_neigh_put(neighbour);
		nl_addr_put(router);
	}
	nl_addr_put(mac);
	netlink_done(&netlink);
}

bool fixture_init(struct fixture *f, bool with_v6)
{
	g_autoptr(GError) error = NULL;

	if (!namespaces_enter())
		return false;
	*f = (struct fixture){.config = {.kind = LINK_GATEWAY,
					 .ifname = "eth0",
					 .mac = {{0x02, 1, 2, 3, 4, 5}},
					 .mtu = 1500}};
	g_assert_true(netconfig_choose_networks(&f->config, NULL, NULL, with_v6, NULL));
	f->gateway_ns = open_ns(getpid());
	f->holder = start_holder();
	f->command_ns = open_ns(f->holder);

	gint64 start = g_get_monotonic_time();
	gateway_build(&f->config, f->command_ns, &f->gateway, &error);
	g_assert_no_error(error);
	gint64 built = g_get_monotonic_time();
	visit(f->command_ns);
	netconfig_configure_command(&f->config, false, &error);
	g_assert_no_error(error);
	g_test_message("gateway %" G_GINT64_FORMAT " us, command's side %" G_GINT64_FORMAT " us",
		       built - start, g_get_monotonic_time() - built);
	add_router_neighbours(&f->config);
	visit(f->gateway_ns);
	return true;
}

void fixture_done(struct fixture *f)
{
	gateway_fds_close(&f->gateway);
	close(f->gateway_ns);
	close(f->command_ns);
	kill(f->holder, SIGKILL);
	waitpid(f->holder, NULL, 0);
}

void fixture_wait_for(int fd, short events)
{
	struct pollfd entry = {.fd = fd, .events = events};

	g_assert_cmpint(poll(&entry, 1, TIMEOUT_MS), ==, 1);
}

int fixture_command_socket(const struct fixture *f, int family, int type)
{
	visit(f->command_ns);
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	visit(f->gateway_ns);
	g_assert_cmpint(fd, >=, 0);
	int on = 1;
	g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), ==, 0);
	return fd;
}

void fixture_bind_to(int fd, const struct endpoint *endpoint)
{
	struct sockaddr_storage address;
	socklen_t length = ip_address_to_sockaddr(&endpoint->address, endpoint->port, &address);

	g_assert_no_errno(bind(fd, (struct sockaddr *)&address, length));
}

void fixture_connect_to(int fd, const struct endpoint *endpoint)
{
	struct sockaddr_storage address;
	socklen_t length = ip_address_to_sockaddr(&endpoint->address, endpoint->port, &address);

	if (connect(fd, (struct sockaddr *)&address, length) < 0)
		g_assert_cmpint(errno, ==, EINPROGRESS);
}

void fixture_send_datagram(int fd, const void *data, size_t size, const struct endpoint *endpoint)
{
	struct sockaddr_storage address;
	socklen_t length = ip_address_to_sockaddr(&endpoint->address, endpoint->port, &address);

	g_assert_cmpint(sendto(fd, data, size, 0, (struct sockaddr *)&address, length), ==,
			(gssize)size);
}

void fixture_assert_endpoint(const struct sockaddr_storage *sockaddr, const struct endpoint *wanted)
{
	struct ip_address address;
	uint16_t port;

	g_assert_true(ip_address_from_sockaddr((const struct sockaddr *)sockaddr, &address, &port));
	g_assert_true(ip_address_equal(&address, &wanted->address));
	if (wanted->port)
		g_assert_cmpuint(port, ==, wanted->port);
}

void fixture_assert_local(int fd, const struct endpoint *wanted)
{
	struct sockaddr_storage sockaddr;
	socklen_t length = sizeof(sockaddr);

	g_assert_no_errno(getsockname(fd, (struct sockaddr *)&sockaddr, &length));
	fixture_assert_endpoint(&sockaddr, wanted);
}

void fixture_assert_peer(int fd, const struct endpoint *wanted)
{
	struct sockaddr_storage sockaddr;
	socklen_t length = sizeof(sockaddr);

	g_assert_no_errno(getpeername(fd, (struct sockaddr *)&sockaddr, &length));
	fixture_assert_endpoint(&sockaddr, wanted);
}

int fixture_socket_error(int fd)
{
	int errnum;
	socklen_t length = sizeof(errnum);

	g_assert_no_errno(getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &length));
	return errnum;
}

/* The transport protocol of a frame without IPv6 extension headers, 0 if not IP. */
static int frame_protocol(const uint8_t *frame, ssize_t size)
{
	unsigned type = frame[12] << 8 | frame[13];

	g_assert_cmpint(size, >=, 14);
	if (type == ETHERTYPE_IP)
		return frame[23];
	return type == ETHERTYPE_IPV6 ? frame[20] : 0;
}

/* Reads the next frame of the protocol from the TAP; the command's kernel also sends others. */
size_t fixture_read_frame(int tap, int protocol, uint8_t *frame, size_t room)
{
	for (;;) {
		fixture_wait_for(tap, POLLIN);
		ssize_t size = read(tap, frame, room);
		g_assert_cmpint(size, >, 0);
		if (frame_protocol(frame, size) == protocol)
			return (size_t)size;
	}
}

/* The forwarder's part of an outgoing connection: takes the SYN, checks it and gives it back. */
void fixture_inject_syn(struct fixture *f, const struct endpoint *target)
{
	static const struct mac_address marker = GATEWAY_MARKER_MAC;
	uint8_t frame[2048];
	size_t size = fixture_read_frame(f->gateway.tap, IPPROTO_TCP, frame, sizeof(frame));
	bool is_v4 = target->address.family == AF_INET;
	size_t destination = is_v4 ? 30 : 38, transport = is_v4 ? 34 : 54;

	g_assert_cmpmem(frame, 6, router_mac.bytes, 6);
	g_assert_cmpmem(frame + 6, 6, f->config.mac.bytes, 6);
	g_assert_cmpmem(frame + destination, is_v4 ? 4 : 16, target->address.bytes, is_v4 ? 4 : 16);
	g_assert_cmpuint(frame[transport + 2] << 8 | frame[transport + 3], ==, target->port);
	g_assert_cmphex(frame[transport + 13] & 0x3f, ==, TH_SYN);
	memcpy(frame, &marker, sizeof(marker));
	g_assert_cmpint(write(f->gateway.tap, frame, size), ==, (gssize)size);
}

int fixture_accept_one(int listener)
{
	fixture_wait_for(listener, POLLIN);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	g_assert_cmpint(fd, >=, 0);
	return fd;
}

pid_t fixture_start_agent(int *ret_socket)
{
	int pair[2];

	g_assert_true(fdpass_socketpair(pair, NULL));
	pid_t pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		agent_serve(pair[1], NULL);
		_exit(0);
	}
	close(pair[1]);
	*ret_socket = pair[0];
	return pid;
}

void fixture_end_agent(pid_t pid, int socket)
{
	int status;

	close(socket);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

void fixture_ask_agent(int socket, int family, int type, int *ret_fds, size_t count)
{
	struct agent_message message = {(uint16_t)family, (uint16_t)type, (uint16_t)count, 0};
	size_t n_fds;

	g_assert_true(fdpass_send(socket, &message, sizeof(message), NULL, 0, NULL));
	g_assert_cmpint(fdpass_receive(socket, &message, sizeof(message), ret_fds, &n_fds), ==,
			sizeof(message));
	g_assert_cmpint(message.errnum, ==, 0);
	g_assert_cmpuint(message.count, ==, count);
	g_assert_cmpuint(n_fds, ==, count);
}

int fixture_agent_socket(int agent, int family, int type)
{
	int fds[FDPASS_MAX_FDS];

	fixture_ask_agent(agent, family, type, fds, 1);
	return fds[0];
}
