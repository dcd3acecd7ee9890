/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_ports - published ports whose connections libslirp makes */
#include "forwarder/stack_ports.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <slirp/libslirp.h>

#include "src/autoclose.h"
#include "src/failure.h"

/*
 * How it works
 *
 * libslirp makes the sockets of published ports itself, and offers no way to give it one. So it
 * gets an address of no interest to listen at, and then our socket is put in the place of its own
 * by dup3(2). It looks for the port to remove by getsockname(2): to be sure of which it finds, the
 * descriptor gets a socket with an address of its own before.
 *
 * That search asks the kernel about port after port, a millisecond for a thousand of them. So a
 * port of TCP that goes is only parked: its descriptor leads to a socket where nothing ever
 * happens, and the main loop then removes one at a turn. Ports of UDP go at once, as libslirp might
 * still take them for those that answers leave by.
 */

struct graft {
	int slirp_fd;		     /* libslirp's descriptor, that leads to the binding's socket */
	struct port_binding binding; /* fd is not ours any more once it is parked */
};

struct stack_ports {
	struct Slirp *slirp;
	GArray *grafts; /* of struct graft */
	GArray *parked; /* of struct graft */
	int quiet[2];	/* a pair of sockets that nobody writes to */
	guint sweep;	/* source, or 0 */
};

static int forward_flags(const struct port_binding *binding)
{
	return (binding->protocol == IPPROTO_UDP ? SLIRP_HOSTFWD_UDP : 0) |
	       (binding->host.family == AF_INET6 ? SLIRP_HOSTFWD_V6ONLY : 0);
}

static socklen_t scratch_address(sa_family_t family, struct sockaddr_storage *ret_address)
{
	struct ip_address loopback = {.family = family};

	if (family == AF_INET)
		loopback.v4.s_addr = htonl(INADDR_LOOPBACK);
	else
		loopback.v6 = in6addr_loopback;
	return ip_address_to_sockaddr(&loopback, 0, ret_address);
}

/* The descriptor that the next call to make one gets. */
static int next_descriptor(int open_fd)
{
	int fd = fcntl(open_fd, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd;
}

/*
 * True if fd is now a socket as libslirp has made it: no other thread can have been faster, as on a
 * link that leaves a protocol to libslirp nobody else makes sockets.
 */
static bool is_scratch(int fd, const struct port_binding *binding)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);
	int protocol = 0;
	socklen_t protocol_size = sizeof(protocol);

	return getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
	       address.ss_family == binding->host.family &&
	       getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &protocol_size) == 0 &&
	       protocol == binding->protocol;
}

/* Removes the port that libslirp has this descriptor for. */
static void remove_forward(struct stack_ports *ports, const struct graft *graft)
{
	const struct port_binding *binding = &graft->binding;
	struct sockaddr_storage address;
	socklen_t size = scratch_address(binding->host.family, &address);
	int type = binding->protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
	autoclose int scratch = socket(binding->host.family, type | SOCK_CLOEXEC, 0);

	/* Without one, its own address has to do: another port with the same one is rare. */
	if (scratch >= 0 && bind(scratch, (struct sockaddr *)&address, size) == 0)
		dup3(scratch, graft->slirp_fd, O_CLOEXEC);
	size = sizeof(address);
	if (getsockname(graft->slirp_fd, (struct sockaddr *)&address, &size) == 0)
		slirp_remove_hostxfwd(ports->slirp, (struct sockaddr *)&address, size,
				      forward_flags(binding));
}

static gboolean on_sweep(gpointer data)
{
	struct stack_ports *ports = data;

	if (ports->parked->len > 0) {
		remove_forward(ports,
			       &g_array_index(ports->parked, struct graft, ports->parked->len - 1));
		g_array_set_size(ports->parked, ports->parked->len - 1);
		return G_SOURCE_CONTINUE;
	}
	ports->sweep = 0;
	return G_SOURCE_REMOVE;
}

/* False if it cannot be parked. */
static bool park(struct stack_ports *ports, const struct graft *graft)
{
	if (graft->binding.protocol != IPPROTO_TCP || ports->quiet[0] < 0 ||
	    dup3(ports->quiet[0], graft->slirp_fd, O_CLOEXEC) < 0)
		return false;
	g_array_append_val(ports->parked, *graft);
	/* At the priority of traffic, which else might keep it waiting without end. */
	if (!ports->sweep)
		ports->sweep = g_idle_add_full(G_PRIORITY_DEFAULT, on_sweep, ports, NULL);
	return true;
}

struct stack_ports *stack_ports_new(struct Slirp *slirp)
{
	struct stack_ports *ports = g_new0(struct stack_ports, 1);

	ports->slirp = slirp;
	ports->grafts = g_array_new(FALSE, FALSE, sizeof(struct graft));
	ports->parked = g_array_new(FALSE, FALSE, sizeof(struct graft));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ports->quiet) < 0)
		ports->quiet[0] = ports->quiet[1] = -1;
	return ports;
}

void stack_ports_free(struct stack_ports *ports)
{
	if (!ports)
		return;
	if (ports->sweep)
		g_source_remove(ports->sweep);
	close_fd(&ports->quiet[0]);
	close_fd(&ports->quiet[1]);
	g_array_unref(ports->grafts);
	g_array_unref(ports->parked);
	g_free(ports);
}

bool stack_ports_add(struct stack_ports *ports, const struct port_binding *binding, GError **error)
{
	struct sockaddr_storage from, to;
	socklen_t from_size = scratch_address(binding->host.family, &from);
	socklen_t to_size = ip_address_to_sockaddr(&binding->guest, binding->guest_port, &to);
	struct graft graft = {.slirp_fd = -1, .binding = *binding};

	if (binding->guest_v4.family) {
		failure_set(error, EPROTONOSUPPORT,
			    "bind it to one family: BindIPv6Only=ipv6-only of systemd.socket(5)",
			    "the tap link cannot serve a socket of both families");
		return false;
	}
	errno = 0;
	graft.slirp_fd = next_descriptor(binding->fd);
	if (graft.slirp_fd < 0 ||
	    slirp_add_hostxfwd(ports->slirp, (struct sockaddr *)&from, from_size,
			       (struct sockaddr *)&to, to_size, forward_flags(binding)) < 0)
		return failure_errno(error, "publish port %u", binding->host_port);
	if (!is_scratch(graft.slirp_fd, binding) ||
	    dup3(binding->fd, graft.slirp_fd, O_CLOEXEC) < 0) {
		failure_set(error, EPROTO, NULL, "libslirp %s hides its sockets",
			    slirp_version_string());
		return false;
	}
	g_array_append_val(ports->grafts, graft);
	return true;
}

void stack_ports_remove(struct stack_ports *ports, const struct port_binding *binding)
{
	/* From the end: ranges are taken back from their last port. */
	for (guint i = ports->grafts->len; i-- > 0;) {
		const struct graft *graft = &g_array_index(ports->grafts, struct graft, i);

		if (graft->binding.fd != binding->fd)
			continue;
		if (!park(ports, graft))
			remove_forward(ports, graft);
		g_array_remove_index_fast(ports->grafts, i);
		return;
	}
}

unsigned stack_ports_proxy_version(const struct stack_ports *ports, int slirp_fd)
{
	for (guint i = 0; slirp_fd >= 0 && i < ports->grafts->len; i++) {
		const struct graft *graft = &g_array_index(ports->grafts, struct graft, i);

		if (graft->slirp_fd == slirp_fd)
			return graft->binding.proxy_version;
	}
	return 0;
}
