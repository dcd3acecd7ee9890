/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_forwarder - a whole forwarder between a command and a host that do and say what they like
 *
 * How it works
 *
 * The first byte of the input chooses the network, the others are a row as in command.h. What has
 * the flag FLAG_HOST is no frame: a remote end sends it, or fails with it (FLAG_ERROR), that which
 * the first byte counts from the newest; with both of the other flags time passes, in seconds.
 * Behind the last of them, and where FLAG_TURN is set, the main loop runs until it has nothing to
 * do.
 */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "forwarder/forwarder.h"
#include "src/egress_set.h"
#include "tests/fuzz/command.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/host.h"

#define NETWORK_PROXY	1
#define NETWORK_EGRESS	2
#define NETWORK_SHARED	4
#define NETWORK_GATEWAY 8

#define FLAG_TURN  4
#define FLAG_HOST  8
#define FLAG_ERROR 1 /* with FLAG_HOST */
#define FLAG_ID	   2 /* the same: the answer to what was asked */

struct fuzz {
	struct handoff_start start;
	struct notifier *notifier;
	struct forwarder *forwarder;
	int tap, notices; /* our ends */
	int launcher;	  /* the notifier's */
	struct command command;
	bool running;
};

static struct ip_address address_of(const char *text)
{
	struct ip_address address = {0};

	g_assert(ip_address_parse(text, &address, NULL));
	return address;
}

static int open_pair(int type, int *ret_ours)
{
	int pair[2];

	if (socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	*ret_ours = pair[0];
	return pair[1];
}

static void make_networks(struct link_config *link, bool is_shared)
{
	const struct ip_address command4 = address_of("198.51.100.20"),
				command6 = address_of("2001:db8::20");
	const struct ip_address router4 = address_of("198.51.100.1"),
				router6 = address_of("fe80::1");
	struct ip_prefix prefix;

	if (is_shared) {
		link_network_share(&link->v4, &command4, 24, &router4);
		link_network_share(&link->v6, &command6, 64, &router6);
		link->v4.dns = address_of("169.254.1.1");
		link->v4.opens_host = true;
		return;
	}
	ip_prefix_parse("10.0.2.0/24", &prefix, NULL);
	link_network_init(&link->v4, &prefix);
	ip_prefix_parse("fd00::/64", &prefix, NULL);
	link_network_init(&link->v6, &prefix);
}

/* Names are pinned, some addresses and ports are open, the rest is not. */
static int make_egress(void)
{
	static const char *const allowed[] = {"www.test",      "*.test:80-90",	 "tcp:192.0.2.0/24",
					      "2001:db8::/32", "icmp:192.0.2.8", "@host:53"};
	struct egress_set *set = egress_set_new();

	set->fallback = EGRESS_DENY;
	for (size_t i = 0; i < G_N_ELEMENTS(allowed); i++)
		egress_set_add(set, egress_rule_parse(EGRESS_ALLOW, allowed[i], NULL), 0, NULL);
	int fd = egress_set_to_fd(set, NULL);
	egress_set_free(set);
	return fd;
}

static void add_names(struct handoff_start *start)
{
	const struct ip_address ours = address_of("192.0.2.44");

	start->resolv_conf = g_strdup("nameserver 192.0.2.52\nnameserver 192.0.2.54\n");
	dns_config_add_host(&start->dns, "db.test", &ours);
	dns_config_add_host(&start->dns, "up.test", &(struct ip_address){0});
}

static void open_forwarder(struct fuzz *fuzz, unsigned network)
{
	struct handoff_start *start = &fuzz->start;
	g_autoptr(GError) error = NULL;
	int unused;

	start->name = g_strdup("fuzz");
	start->sandbox = SANDBOX_OFF;
	start->link =
		(struct link_config){.kind = network & NETWORK_GATEWAY ? LINK_GATEWAY : LINK_TAP,
				     .mtu = 1500,
				     .mac = {{2, 0, 0, 0, 0, 0xaa}}};
	make_networks(&start->link, network & NETWORK_SHARED);
	add_names(start);
	start->fds[HANDOFF_FD_TAP] = open_pair(SOCK_DGRAM, &fuzz->tap);
	if (network & NETWORK_PROXY)
		proxy_parse("socks5h://user:password@192.0.2.8", &start->outbound.proxy, NULL);
	if (network & NETWORK_EGRESS)
		start->fds[HANDOFF_FD_EGRESS] = make_egress();
	if (network & NETWORK_GATEWAY) {
		start->fds[HANDOFF_FD_AGENT] = open_pair(SOCK_SEQPACKET, &unused);
		close(unused);
		start->fds[HANDOFF_FD_UDP4] = host_open_wildcard(AF_INET);
		start->fds[HANDOFF_FD_UDP6] = host_open_wildcard(AF_INET6);
	}
	fuzz->launcher = open_pair(SOCK_SEQPACKET, &fuzz->notices);
	fuzz->notifier = notifier_new(fuzz->launcher);
	fuzz->forwarder = forwarder_new(start, fuzz->notifier, &error);
	g_assert_no_error(error);
}

static void drain(struct fuzz *fuzz)
{
	uint8_t frame[65536];
	ssize_t size;

	while ((size = recv(fuzz->tap, frame, sizeof(frame), 0)) > 0)
		command_take(&fuzz->command, frame, (size_t)size);
	while (recv(fuzz->notices, frame, sizeof(frame), 0) > 0)
		;
}

static gboolean on_idle(gpointer data)
{
	*(bool *)data = false;
	return G_SOURCE_REMOVE;
}

static void take_turn(struct fuzz *fuzz)
{
	fuzz->running = true;
	g_idle_add_full(G_PRIORITY_LOW, on_idle, &fuzz->running, NULL);
	forwarder_run(fuzz->forwarder, &fuzz->running);
	drain(fuzz);
}

static void take_frame(struct fuzz *fuzz, const uint8_t *data, size_t size, unsigned flags)
{
	g_autofree uint8_t *copy = g_memdup2(data, MAX(size, 1));
	struct frame frame;

	frame_parse(&frame, copy, size);
	command_correct(&fuzz->command, &frame, copy, flags);
	(void)!send(fuzz->tap, copy, size, MSG_NOSIGNAL);
}

static void take(struct fuzz *fuzz, const uint8_t *data, size_t size, unsigned flags)
{
	if (!(flags & FLAG_HOST))
		take_frame(fuzz, data, size, flags);
	else if (flags & FLAG_ERROR && flags & FLAG_ID)
		host_wait(data[0]);
	else if (flags & FLAG_ERROR)
		host_fail(data[0], data + 1, size - 1);
	else
		host_say(data[0], flags & FLAG_ID, data + 1, size - 1);
	if (flags & FLAG_TURN)
		take_turn(fuzz);
}

static void fuzz_done(struct fuzz *fuzz)
{
	forwarder_free(fuzz->forwarder);
	notifier_free(fuzz->notifier);
	handoff_start_done(&fuzz->start);
	close(fuzz->tap);
	close(fuzz->notices);
	close(fuzz->launcher);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz fuzz = {0};
	unsigned n_turns = 8;

	if (size == 0)
		return 0;
	signal(SIGPIPE, SIG_IGN);
	host_begin(false);
	handoff_start_init(&fuzz.start);
	open_forwarder(&fuzz, data[0]);
	for (size_t at = 1; at + 2 <= size;) {
		unsigned flags = data[at] >> 4;
		size_t length = ((size_t)data[at] & 15) << 8 | data[at + 1];

		at += 2;
		length = MIN(MIN(length, COMMAND_FRAME_MAX), size - at);
		n_turns++;
		if (length > 0)
			take(&fuzz, data + at, length, flags);
		at += length;
	}
	for (unsigned i = 0; i < n_turns; i++) {
		take_turn(&fuzz);
		host_wait(60);
	}
	fuzz_done(&fuzz);
	host_end();
	return 0;
}
