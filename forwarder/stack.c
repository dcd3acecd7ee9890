/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack - libslirp behind a narrow door: with stack_ports.c the only file that knows it */
#include "forwarder/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <slirp/libslirp.h>

#include "forwarder/frame.h"
#include "forwarder/neighbours.h"
#include "forwarder/stack_alias.h"
#include "forwarder/stack_ports.h"
#include "forwarder/stand_in.h"
#include "src/autoclose.h"
#include "src/failure.h"

/*
 * How it works
 *
 * libslirp wants to be asked before each poll(2) for its descriptors and after it with their
 * events, so stack_run() polls for GLib and libslirp together: prepare and query the main context,
 * let libslirp append its descriptors, poll, feed libslirp, then check and dispatch the context.
 *
 * On a network that is shared with the host libslirp is not told of it: frames are translated
 * (stack_alias.h), neighbours are answered for by us, and libslirp learns from us alone where the
 * command is.
 *
 * Version 4 of the configuration is the newest that Debian 12's libslirp (4.7.0) has; later
 * versions of the library still accept it.
 */

struct stack {
	Slirp *slirp;
	const struct link_config *link;
	struct stack_alias *alias; /* NULL: no network is shared with the host */
	stack_send_frame send_frame_to_tap;
	void (*take_proxied)(unsigned proxy_version, int client, int stream, void *opaque);
	bool (*prepare_socket)(int fd, void *opaque);
	void *opaque;
	struct sockaddr_in outbound4;
	struct sockaddr_in6 outbound6;
	int asked_fd;	/* whose events libslirp asked for last and now looks at, or -1 */
	GArray *polled; /* of struct pollfd: the context's first, then libslirp's */
	struct stack_ports *ports;
	bool has_input; /* since libslirp was fed last */
	bool is_fed;	/* libslirp looks at a frame from the command */
	int useless;	/* in place of sockets that must not be used */
	int stand_in;	/* what its next socket is to be replaced by meanwhile, or -1 */
	int replaced;	/* that socket of its, or -1 */
};

struct stack_timer {
	GSource source;
	struct stack *stack;
	SlirpTimerId id;
	void *cb_opaque;
};

/* --- what libslirp asks of us --- */

static ssize_t on_send_packet(const void *frame, size_t size, void *opaque)
{
	struct stack *stack = opaque;
	const uint8_t *data = frame;

	if (stack->alias)
		data = stack_alias_to_command(stack->alias, data, size);
	if (data)
		stack->send_frame_to_tap(data, size, stack->opaque);
	return (ssize_t)size;
}

static void on_guest_error(const char *message, void *opaque G_GNUC_UNUSED)
{
	/* The command can provoke this at will, so it is never a reason to log. */
	(void)message;
}

static int64_t on_clock_get_ns(void *opaque G_GNUC_UNUSED)
{
	return g_get_monotonic_time() * 1000;
}

static gboolean dispatch_timer(GSource *source, GSourceFunc callback G_GNUC_UNUSED,
			       gpointer data G_GNUC_UNUSED)
{
	struct stack_timer *timer = (struct stack_timer *)source;

	g_source_set_ready_time(source, -1);
	slirp_handle_timer(timer->stack->slirp, timer->id, timer->cb_opaque);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_functions = {.dispatch = dispatch_timer};

static void *on_timer_new(SlirpTimerId id, void *cb_opaque, void *opaque)
{
	GSource *source = g_source_new(&timer_functions, sizeof(struct stack_timer));
	struct stack_timer *timer = (struct stack_timer *)source;

	timer->stack = opaque;
	timer->id = id;
	timer->cb_opaque = cb_opaque;
	g_source_attach(source, NULL);
	return timer;
}

static void on_timer_free(void *timer, void *opaque G_GNUC_UNUSED)
{
	g_source_destroy(timer);
	g_source_unref(timer);
}

static void on_timer_mod(void *timer, int64_t expire_ms, void *opaque G_GNUC_UNUSED)
{
	g_source_set_ready_time(timer, expire_ms * 1000);
}

/* Puts a stream of ours into the place of the connection that libslirp has just accepted. */
static void divert(const struct stack *stack, unsigned proxy_version, int slirp_fd)
{
	autoclose int client = fcntl(slirp_fd, F_DUPFD_CLOEXEC, 0);
	int pair[2];

	if (client < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
		/* Without a header the command must not see the client. */
		shutdown(slirp_fd, SHUT_RDWR);
		return;
	}
	dup3(pair[0], slirp_fd, O_CLOEXEC);
	close(pair[0]);
	stack->take_proxied(proxy_version, g_steal_fd(&client), pair[1], stack->opaque);
}

/*
 * libslirp calls this at once for what it accepts, while it looks at the listening socket, and for
 * what it makes because of a frame, before it uses it.
 */
static void on_new_fd(int fd, void *opaque)
{
	struct stack *stack = opaque;
	unsigned proxy_version = stack_ports_proxy_version(stack->ports, stack->asked_fd);

	if (proxy_version && stack->take_proxied)
		divert(stack, proxy_version, fd);
	else if (fd >= 0 && stack->stand_in >= 0 && stack->replaced < 0)
		stack->replaced = dup3(stack->stand_in, fd, O_CLOEXEC);
	else if (fd >= 0 && stack->is_fed && stack->prepare_socket &&
		 !stack->prepare_socket(fd, stack->opaque))
		dup3(stack->useless, fd, O_CLOEXEC);
}

static void on_old_fd(int fd G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
}

static void on_notify(void *opaque G_GNUC_UNUSED)
{
}

static const SlirpCb callbacks = {
	.send_packet = on_send_packet,
	.guest_error = on_guest_error,
	.clock_get_ns = on_clock_get_ns,
	.timer_new_opaque = on_timer_new,
	.timer_free = on_timer_free,
	.timer_mod = on_timer_mod,
	.register_poll_fd = on_new_fd,
	.unregister_poll_fd = on_old_fd,
	.notify = on_notify,
};

/* --- life --- */

static void configure_v4(SlirpConfig *config, const struct link_network *v4)
{
	config->in_enabled = v4->enabled;
	if (!v4->enabled)
		return;
	config->vnetwork = v4->prefix.address.v4;
	config->vnetmask = ip_prefix_netmask(&v4->prefix);
	config->vhost = v4->gateway.v4;
	config->vnameserver = v4->dns.v4;
	/* Whoever asks by DHCP gets the address that ports are published to, unless told else. */
	config->vdhcp_start = v4->dhcp.family == AF_INET ? v4->dhcp.v4 : v4->command.v4;
}

static void configure_v6(SlirpConfig *config, const struct link_network *v6)
{
	config->in6_enabled = v6->enabled;
	if (!v6->enabled)
		return;
	config->vprefix_addr6 = v6->prefix.address.v6;
	config->vprefix_len = (uint8_t)v6->prefix.length;
	config->vhost6 = v6->gateway.v6;
	config->vnameserver6 = v6->dns.v6;
}

/* libslirp keeps the pointers. */
static void configure_outbound(struct stack *stack, SlirpConfig *config,
			       const struct link_config *link)
{
	struct sockaddr_storage address;

	if (ip_address_to_sockaddr(&link->v4.outbound, 0, &address)) {
		memcpy(&stack->outbound4, &address, sizeof(stack->outbound4));
		config->outbound_addr = &stack->outbound4;
	}
	if (ip_address_to_sockaddr(&link->v6.outbound, 0, &address)) {
		memcpy(&stack->outbound6, &address, sizeof(stack->outbound6));
		config->outbound_addr6 = &stack->outbound6;
	}
}

/* Tells libslirp where the command is. */
static void announce(struct stack *stack, const struct mac_address *mac)
{
	static const int families[] = {AF_INET, AF_INET6};
	uint8_t frame[NEIGHBOURS_FRAME_SIZE];

	for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
		const struct link_network *network = link_config_network(stack->link, families[i]);
		if (!network->enabled || !network->is_shared)
			continue;
		size_t size = neighbours_announce(stack->link, families[i], mac, frame);
		slirp_input(stack->slirp, frame, (int)size);
	}
}

struct stack *stack_new(const struct stack_options *options, GError **error)
{
	struct stack *stack = g_new0(struct stack, 1);
	struct link_config link;
	SlirpConfig config = {
		.version = 4,
		.if_mtu = options->link->mtu,
		.if_mru = options->link->mtu,
		/* true would also cut off answers to loopback clients of published UDP ports. */
		.disable_host_loopback = false,
	};

	stack_alias_configure(options->link, &link);
	configure_v4(&config, &link.v4);
	configure_v6(&config, &link.v6);
	configure_outbound(stack, &config, options->link);
	stack->link = options->link;
	stack->alias = stack_alias_new(options->link);
	stack->send_frame_to_tap = options->send_frame_to_tap;
	stack->take_proxied = options->take_proxied;
	stack->prepare_socket = options->prepare_socket;
	stack->opaque = options->opaque;
	stack->asked_fd = stack->stand_in = stack->replaced = -1;
	stack->polled = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
	stack->useless = stand_in_open_useless();
	if (stack->useless >= 0)
		stack->slirp = slirp_new(&config, &callbacks, stack);
	if (stack->slirp)
		stack->ports = stack_ports_new(stack->slirp);
	if (stack->slirp && stack->alias)
		announce(stack, &options->link->mac);
	if (!stack->slirp) {
		failure_set(error, 0, NULL, "libslirp %s refuses its configuration",
			    stack_version());
		g_clear_pointer(&stack, stack_free);
	}
	return stack;
}

void stack_free(struct stack *stack)
{
	if (!stack)
		return;
	stack_ports_free(stack->ports);
	g_clear_pointer(&stack->slirp, slirp_cleanup);
	stack_alias_free(stack->alias);
	close_fd(&stack->useless);
	g_array_unref(stack->polled);
	g_free(stack);
}

/* True for a request of the command; it has been answered, if it wants an answer. */
static bool answer_for_neighbour(struct stack *stack, const uint8_t *data, size_t size)
{
	uint8_t answer[NEIGHBOURS_FRAME_SIZE];
	struct ether_header ethernet;
	struct mac_address mac;
	struct frame frame;

	frame_parse(&frame, data, size);
	int family = neighbours_request_family(&frame);
	if (family == AF_UNSPEC || !link_config_network(stack->link, family)->is_shared)
		return false;
	size_t answer_size = neighbours_answer(stack->link, &frame, answer);
	if (answer_size)
		stack->send_frame_to_tap(answer, answer_size, stack->opaque);
	memcpy(&ethernet, data, sizeof(ethernet));
	memcpy(mac.bytes, ethernet.ether_shost, sizeof(mac.bytes));
	announce(stack, &mac);
	return true;
}

void stack_input(struct stack *stack, const uint8_t *frame, size_t size)
{
	if (stack->alias && answer_for_neighbour(stack, frame, size))
		return;
	if (stack->alias)
		frame = stack_alias_from_command(stack->alias, frame, size);
	stack->is_fed = true;
	slirp_input(stack->slirp, frame, (int)size);
	stack->is_fed = false;
	stack->has_input = true;
}

unsigned stack_count_polled(const struct stack *stack)
{
	return stack->polled->len;
}

bool stack_connect(struct stack *stack, const struct frame *syn, int host_fd)
{
	autoclose int host = host_fd;
	autoclose int stand_in = stand_in_open(syn->destination.family);

	if (stand_in < 0)
		return false;
	stack->stand_in = stand_in;
	stack->replaced = -1;
	stack_input(stack, syn->data, syn->size);
	stack->stand_in = -1;
	return stand_in_is_at(stack->replaced, stand_in) &&
	       dup3(host, stack->replaced, O_CLOEXEC) >= 0;
}

unsigned stack_config_version_max(void)
{
	return SLIRP_CONFIG_VERSION_MAX;
}

const char *stack_version(void)
{
	return slirp_version_string();
}

/* --- the loop --- */

static int add_poll(int fd, int events, void *opaque)
{
	struct stack *stack = opaque;
	struct pollfd entry = {
		.fd = fd,
		.events = (short)((events & SLIRP_POLL_IN ? POLLIN : 0) |
				  (events & SLIRP_POLL_OUT ? POLLOUT : 0) |
				  (events & SLIRP_POLL_PRI ? POLLPRI : 0)),
	};

	g_array_append_val(stack->polled, entry);
	return (int)stack->polled->len - 1;
}

static int get_revents(int index, void *opaque)
{
	struct stack *stack = opaque;
	const struct pollfd *polled = &g_array_index(stack->polled, struct pollfd, (guint)index);
	short revents = polled->revents;

	stack->asked_fd = polled->fd;

	return (revents & POLLIN ? SLIRP_POLL_IN : 0) | (revents & POLLOUT ? SLIRP_POLL_OUT : 0) |
	       (revents & POLLPRI ? SLIRP_POLL_PRI : 0) | (revents & POLLERR ? SLIRP_POLL_ERR : 0) |
	       (revents & POLLHUP ? SLIRP_POLL_HUP : 0);
}

/* GPollFD and struct pollfd have the same layout on Linux: g_poll() itself relies on it. */
G_STATIC_ASSERT(sizeof(GPollFD) == sizeof(struct pollfd));

static guint query_context(struct stack *stack, GMainContext *context, int priority,
			   int *ret_timeout_ms)
{
	guint room = MAX(stack->polled->len, 8u);
	guint needed;

	for (;;) {
		g_array_set_size(stack->polled, room);
		needed = (guint)g_main_context_query(context, priority, ret_timeout_ms,
						     (GPollFD *)(void *)stack->polled->data,
						     (int)room);
		if (needed <= room)
			break;
		room = needed;
	}
	g_array_set_size(stack->polled, needed);
	return needed;
}

static void iterate(struct stack *stack, GMainContext *context)
{
	int priority, timeout_ms;

	g_main_context_prepare(context, &priority);
	guint n_context = query_context(stack, context, priority, &timeout_ms);

	uint32_t slirp_timeout_ms = timeout_ms < 0 ? UINT32_MAX : (uint32_t)timeout_ms;
	slirp_pollfds_fill(stack->slirp, &slirp_timeout_ms, add_poll, stack);

	struct pollfd *polled = (struct pollfd *)(void *)stack->polled->data;
	int wait_ms = slirp_timeout_ms > INT_MAX ? -1 : (int)slirp_timeout_ms;
	/* What waited for the frame (an answer by ARP, maybe) leaves when libslirp is fed. */
	if (stack->has_input)
		wait_ms = 0;
	stack->has_input = false;
	int ready = poll(polled, stack->polled->len, wait_ms);
	if (ready < 0)
		for (guint i = 0; i < stack->polled->len; i++)
			polled[i].revents = 0;
	slirp_pollfds_poll(stack->slirp, ready < 0, get_revents, stack);
	stack->asked_fd = -1;

	if (g_main_context_check(context, priority, (GPollFD *)(void *)stack->polled->data,
				 (int)n_context))
		g_main_context_dispatch(context);
}

void stack_run(struct stack *stack, const bool *running)
{
	GMainContext *context = g_main_context_default();

	g_main_context_acquire(context);
	while (*running)
		iterate(stack, context);
	g_main_context_release(context);
}

/* --- published ports --- */

bool stack_publish(struct stack *stack, const struct port_binding *binding, GError **error)
{
	return stack_ports_add(stack->ports, binding, error);
}

void stack_unpublish(struct stack *stack, const struct port_binding *binding)
{
	stack_ports_remove(stack->ports, binding);
}
