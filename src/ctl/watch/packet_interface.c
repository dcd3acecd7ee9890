/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet_interface - the interfaces of the network that a socket belongs to (netdevice(7)) */
#include "src/ctl/watch/packet_interface.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "src/failure.h"

/* Indexes grow with each interface that is made; a container seldom makes one. */
#define SUGGESTED_INDEX_MAX 1024

static bool name_of(int socket, unsigned index, struct ifreq *ret_request)
{
	*ret_request = (struct ifreq){.ifr_ifindex = (int)index};
	return ioctl(socket, SIOCGIFNAME, ret_request) == 0;
}

/* "lo, eth0" */
static char *names(int socket)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct ifreq request;

	for (unsigned index = 1; index <= SUGGESTED_INDEX_MAX; index++) {
		if (name_of(socket, index, &request))
			g_string_append_printf(text, "%s%.*s", text->len ? ", " : "", IFNAMSIZ,
					       request.ifr_name);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool not_found(int socket, const char *name, GError **error)
{
	g_autofree char *known = names(socket);
	g_autofree char *cure = g_strdup_printf("it has %s, and 'any' for all of them", known);

	failure_set(error, ENODEV, cure, "the container has no interface '%s'", name);
	return false;
}

bool packet_interface_find(int socket, const char *name, struct packet_interface *ret_interface,
			   GError **error)
{
	struct ifreq request = {0};
	struct packet_interface interface;

	if (strlen(name) >= IFNAMSIZ)
		return not_found(socket, name, error);
	g_strlcpy(request.ifr_name, name, IFNAMSIZ);
	if (ioctl(socket, SIOCGIFINDEX, &request) < 0)
		return not_found(socket, name, error);
	interface.index = (unsigned)request.ifr_ifindex;
	if (ioctl(socket, SIOCGIFHWADDR, &request) < 0)
		return failure_errno(error, "ask for the type of interface %s", name);
	interface.type = request.ifr_hwaddr.sa_family;
	*ret_interface = interface;
	return true;
}

enum packet_interface_state packet_interface_state(int socket, unsigned index)
{
	struct ifreq request;

	if (index == 0)
		return PACKET_INTERFACE_UP;
	if (!name_of(socket, index, &request) || ioctl(socket, SIOCGIFFLAGS, &request) < 0)
		return PACKET_INTERFACE_GONE;
	return request.ifr_flags & IFF_UP ? PACKET_INTERFACE_UP : PACKET_INTERFACE_DOWN;
}
