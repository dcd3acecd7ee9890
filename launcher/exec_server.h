/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec_server - runs more commands in the container, in the place of PID 1 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "launcher/command.h"

/*
 * How it works
 *
 * netns-ctl sends an `exec` to the launcher, which passes the message on, with the descriptors that
 * came with it, behind the client's own connection. The server, a process of the container, forks
 * the command: so it is in all namespaces, in the cgroup, and below the seccomp filter of the
 * container without any further step. Answers go to the client directly: {"return":{"pid":N}} (its
 * PID inside; with the master of its terminal), later {"event":"exited","status":N}. The client may
 * send {"execute":"signal","arguments":{"signal":N}}; SIGSTOP and SIGCONT are for the command's
 * process group, and when that one has stopped it, {"event":"stopped"} tells so. When the client
 * goes away the command goes on.
 *
 * `packet-socket` (launcher/packet_socket.h) comes the same way and is answered at once.
 */
struct exec_server;

/*
 * Serves what comes on socket, the container's end of the launcher's pair, in context. base is what
 * a request starts from: environment, privileges; it must outlive the server.
 */
struct exec_server *exec_server_new(GMainContext *context, int socket, const struct command *base);
void exec_server_free(struct exec_server *server);

/*
 * Tells the client whose command is process pid, if it is one, of its end, or that it has stopped;
 * wait_status as of wait(2).
 */
void exec_server_reaped(struct exec_server *server, pid_t pid, int wait_status);
