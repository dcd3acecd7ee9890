/* SPDX-License-Identifier: GPL-2.0-or-later */
/* traffic_report - the sums over all ways through the forwarder, as `stats` tells them */
#include "forwarder/traffic_report.h"

#include <unistd.h>

#include "forwarder/self_usage.h"
#include "src/json_add.h"

static void begin_member(JsonBuilder *builder, const char *name)
{
	json_builder_set_member_name(builder, name);
	json_builder_begin_object(builder);
}

static void add_protocol(JsonBuilder *builder, const char *name,
			 const struct frame_flows_traffic *traffic)
{
	begin_member(builder, name);
	json_add_int(builder, "flows", traffic->active);
	json_add_int(builder, "flows_total", (gint64)traffic->opened);
	json_add_int(builder, "bytes_out", (gint64)traffic->bytes_from_command);
	json_add_int(builder, "bytes_in", (gint64)traffic->bytes_to_command);
	/* Of what the relay splices only the kernel knows the packets. */
	if (traffic->packets_from_command || traffic->packets_to_command) {
		json_add_int(builder, "packets_out", (gint64)traffic->packets_from_command);
		json_add_int(builder, "packets_in", (gint64)traffic->packets_to_command);
	}
	json_builder_end_object(builder);
}

static void add_relayed(struct frame_flows_traffic *tcp, const struct kernel_path_stats *path)
{
	tcp->active +=
		(unsigned)(path->relay.active + path->outgoing.pending + path->published.pending);
	tcp->opened += path->relay.opened;
	tcp->bytes_from_command += path->relay.bytes_to_host;
	tcp->bytes_to_command += path->relay.bytes_to_namespace;
}

static void add_datagrams(struct frame_flows_traffic *udp, const struct udp_path_stats *path)
{
	udp->active += path->flows;
	udp->opened += path->opened;
	udp->bytes_from_command += path->bytes_to_host;
	udp->bytes_to_command += path->bytes_to_command;
	udp->packets_from_command += path->to_host;
	udp->packets_to_command += path->to_command;
}

static void add_traffic(const struct traffic_sources *sources, const struct kernel_path_stats *path,
			JsonBuilder *builder)
{
	struct frame_flows_stats stats;

	frame_flows_get_stats(sources->frame_flows, &stats);
	add_relayed(&stats.traffic[FRAME_FLOWS_TCP], path);
	add_datagrams(&stats.traffic[FRAME_FLOWS_UDP], &path->udp);
	begin_member(builder, "traffic");
	add_protocol(builder, "tcp", &stats.traffic[FRAME_FLOWS_TCP]);
	add_protocol(builder, "udp", &stats.traffic[FRAME_FLOWS_UDP]);
	add_protocol(builder, "icmp", &stats.traffic[FRAME_FLOWS_ICMP]);
	json_builder_end_object(builder);
}

static void add_tap(const struct tap_stats *tap, JsonBuilder *builder)
{
	begin_member(builder, "tap");
	json_add_int(builder, "frames_out", (gint64)tap->frames_from_tap);
	json_add_int(builder, "frames_in", (gint64)tap->frames_to_tap);
	json_add_int(builder, "bytes_out", (gint64)tap->bytes_from_tap);
	json_add_int(builder, "bytes_in", (gint64)tap->bytes_to_tap);
	json_builder_end_object(builder);
}

static void add_drops(const struct traffic_sources *sources, const struct kernel_path_stats *path,
		      JsonBuilder *builder)
{
	begin_member(builder, "drops");
	json_add_int(builder, "policy_rejected", (gint64)(sources->rejected + path->udp.rejected));
	json_add_int(builder, "policy_dropped", (gint64)sources->dropped);
	json_add_int(builder, "tap_full", (gint64)tap_get_stats(sources->tap)->drops_to_tap);
	json_add_int(builder, "udp_undeliverable",
		     (gint64)(path->udp.dropped - path->udp.rejected));
	json_add_int(builder, "udp_evicted", (gint64)path->udp.evicted);
	json_add_int(builder, "tcp_evicted", (gint64)path->outgoing.evicted);
	json_add_int(builder, "tcp_unmatched", (gint64)path->outgoing.unmatched);
	json_builder_end_object(builder);
}

static void add_process(JsonBuilder *builder)
{
	struct self_usage usage;

	self_usage_read(&usage);
	begin_member(builder, "forwarder");
	json_add_int(builder, "pid", getpid());
	json_add_int(builder, "rss_bytes", (gint64)usage.rss_bytes);
	json_add_int(builder, "cpu_usec", (gint64)usage.cpu_us);
	json_add_int(builder, "fds", (gint64)usage.n_fds);
	json_add_int(builder, "fds_max", (gint64)usage.fds_max);
	json_builder_end_object(builder);
}

void traffic_report_add(const struct traffic_sources *sources, JsonBuilder *builder)
{
	struct kernel_path_stats path;

	kernel_path_get_stats(sources->kernel_path, &path);
	add_traffic(sources, &path, builder);
	add_tap(tap_get_stats(sources->tap), builder);
	add_drops(sources, &path, builder);
	add_process(builder);
}
