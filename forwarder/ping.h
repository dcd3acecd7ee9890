/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ping - echo requests of the command, by the host's ping sockets */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "forwarder/denials.h"
#include "forwarder/frame.h"
#include "forwarder/notifier.h"
#include "forwarder/policy.h"
#include "forwarder/watch.h"
#include "forwarder/way_out.h"
#include "src/json.h"

/*
 * How it works
 *
 * A ping socket (icmp(7): SOCK_DGRAM of IPPROTO_ICMP or IPPROTO_ICMPV6) sends echo requests and
 * gets the answers to its own, with an id that the kernel chooses. Each id that an address of the
 * command uses has one. Answers, and the errors of routers on the way, go to the command with its
 * own id. The hop limit counts, so traceroute(8) by ICMP works.
 *
 * Whether an ordinary user may have such sockets is the sysctl net.ipv4.ping_group_range. Where he
 * may not, the command is told "administratively prohibited", the launcher is told why
 * (NOTICE_PING_REFUSED), and nothing is ever made up.
 */
struct ping;

/* What it works with; all must outlive it. */
struct ping_context {
	struct watch *watch;
	const struct link_config *link;
	const struct way_out *way_out;
	const struct policy *policy;
	struct denials *denials;   /* or NULL */
	struct notifier *notifier; /* or NULL */
	/* Takes the frames to the command. */
	void (*send_frame)(const void *frame, size_t size, void *opaque);
	void *opaque;
};

struct ping *ping_new(const struct ping_context *context);
void ping_free(struct ping *ping);

/*
 * Takes a frame that policy has let pass, if it is ICMP to beyond the host; else it returns false.
 * libslirp must not get these: where there are no ping sockets, it makes answers up.
 */
bool ping_frame_from_tap(struct ping *ping, const struct frame *frame);

/* Adds its counters to an object. */
void ping_describe(const struct ping *ping, JsonBuilder *builder);
