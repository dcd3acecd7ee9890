/* SPDX-License-Identifier: GPL-2.0-or-later */
/* socket_owners - which processes of a container have which of its sockets */
#pragma once

#include <glib.h>

#include "src/ctl/socket_table.h"

struct socket_owner {
	int pid, host_pid; /* in the container, and here */
	char *name;	   /* what the kernel calls it: any bytes */
};

struct socket_owners;

/*
 * Looks at the container's processes from outside; nothing runs in it. What cannot be read, or ends
 * meanwhile, is left out. NULL on error, see container_process_open().
 */
struct socket_owners *socket_owners_read(const char *container, GError **error);
void socket_owners_free(struct socket_owners *owners);

/* Those who hold the socket of a flow, of struct socket_owner; NULL: nobody is known. */
const GArray *socket_owners_find(const struct socket_owners *owners,
				 const struct socket_ends *ends);
