/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_removal - takes the gateway's devices away, by a process that can do little else */
#pragma once

#include <linux/rtnetlink.h>
#include <stdbool.h>

#include <glib.h>

/* A request for rtnetlink(7) that waits in its socket's owner. */
struct gateway_removal {
	int socket; /* the caller's to close */
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request;
};

/* For the gateway in the calling process's network namespace. */
bool gateway_removal_prepare(struct gateway_removal *ret_removal, GError **error);

/*
 * Removes the veth pair and waits until it is gone, command's end included: the kernel takes its
 * time to do that by itself once a namespace has lost its last process. Needs CAP_NET_ADMIN, and no
 * system calls but sendmsg(2) and recvmsg(2).
 */
void gateway_remove(const struct gateway_removal *removal);
