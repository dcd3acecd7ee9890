/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_process - the exec server of a container whose PID 1 is CMD itself */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "launcher/command.h"

/*
 * Starts a process in all namespaces of the container whose first process is child, as a child of
 * the caller: the kernel lets no PID 1 make siblings (copy_process() in kernel/fork.c), and a child
 * of CMD would be one that CMD does not know. It serves the other end of *ret_socket
 * (launcher/exec_server.h) and dies with PID 1, or with the caller. *ret_server, which holds
 * after a failure, too, if it is set, must be waited for:
 * PID 1 is not gone before that (zap_pid_ns_processes()). To be called before child
 * executes CMD. base must stay as it is until then.
 */
bool exec_process_start(pid_t child, const struct command *base, pid_t *ret_server, int *ret_socket,
			GError **error);
