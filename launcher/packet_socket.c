/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet_socket - a packet(7) socket of the container's network, for who captures */
#include "launcher/packet_socket.h"

#include <errno.h>
#include <sys/socket.h>

#include "src/failure.h"

static bool take_cooked(JsonObject *arguments, gboolean *ret_cooked, GError **error)
{
	JsonNode *node = json_object_get_member(arguments, "cooked");

	if (node && json_node_get_value_type(node) != JSON_VALUE_BOOLEAN) {
		failure_set(error, EINVAL, NULL, "the member 'cooked' is no boolean");
		return false;
	}
	*ret_cooked = node && json_node_get_boolean(node);
	return true;
}

int packet_socket_open(const struct command *base, JsonObject *arguments, GError **error)
{
	gboolean cooked;

	if (!take_cooked(arguments, &cooked, error))
		return -1;
	if (base->host_network) {
		failure_set(error, EPERM, "capture there as root, e.g. with tcpdump",
			    "the container has no network of its own, but the host's");
		return -1;
	}
	int fd = socket(AF_PACKET, (cooked ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC, 0);
	if (fd < 0)
		failure_errno(error, "make a packet socket in the container");
	return fd;
}
