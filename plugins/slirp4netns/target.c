/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target - the namespaces that the caller names */
#include "plugins/slirp4netns/target.h"

#include <fcntl.h>
#include <unistd.h>

#include "link/tap_device.h"
#include "plugins/netns.h"
#include "plugins/slirp4netns/bess.h"
#include "src/autoclose.h"
#include "src/failure.h"

static bool open_target(const struct slirp_options *options, struct netns *ret_target,
			GError **error)
{
	g_autofree char *path = NULL;

	if (options->netns_type == NETNS_PATH)
		return netns_open(options->target, options->userns_path, ret_target, error);
	path = g_strdup_printf("/proc/%d/ns/net", options->target_number);
	return netns_open(path, options->userns_path, ret_target, error);
}

static bool attach_namespaces(const struct slirp_options *options,
			      struct attachment *ret_attachment, GError **error)
{
	struct netns target;

	netns_init(&target);
	if (!open_target(options, &target, error))
		return false;
	struct attach_plan plan = {
		.userns = target.userns,
		.netns = target.netns,
		.link = options->link,
		.has_mac = options->has_mac,
		.configure = options->configure,
		.adopts = true,
	};
	bool ok = (options->has_mac || mac_address_random(&plan.link.mac, error)) &&
		  attach_build(&plan, ret_attachment, error);
	netns_done(&target);
	return ok;
}

static bool adopt_tap(const struct slirp_options *options, struct attachment *ret_attachment,
		      GError **error)
{
	int given = options->target_number;
	struct attachment attachment;
	autoclose int tap = -1;

	attachment_init(&attachment);
	attachment.link = options->link;
	if (!tap_device_adopt(given, attachment.link.ifname, error) ||
	    !tap_device_mac(given, &attachment.link.mac, error))
		return false;
	tap = fcntl(given, F_DUPFD_CLOEXEC, 0);
	if (tap < 0)
		return failure_errno(error, "duplicate descriptor %d", given);
	link_config_settle(&attachment.link, LINK_TAP);
	attachment.fds[HANDOFF_FD_TAP] = g_steal_fd(&tap);
	*ret_attachment = attachment;
	return true;
}

/* The machine at its other end configures itself; the MAC address that it has is not told. */
static bool await_machine(const struct slirp_options *options, struct attachment *ret_attachment,
			  GError **error)
{
	struct link_config link = options->link;

	if (!mac_address_random(&link.mac, error))
		return false;
	link_config_settle(&link, LINK_TAP);
	int client = bess_accept(options->target, options->exit_fd, error);
	if (client < 0)
		return false;
	attachment_init(ret_attachment);
	ret_attachment->link = link;
	ret_attachment->fds[HANDOFF_FD_TAP] = client;
	return true;
}

bool target_attach(const struct slirp_options *options, struct attachment *ret_attachment,
		   GError **error)
{
	if (options->netns_type == NETNS_TAPFD)
		return adopt_tap(options, ret_attachment, error);
	if (options->netns_type == NETNS_BESS)
		return await_machine(options, ret_attachment, error);
	return attach_namespaces(options, ret_attachment, error);
}
