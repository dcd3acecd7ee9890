/* SPDX-License-Identifier: GPL-2.0-or-later */
/* init - PID 1 of the container: starts CMD, forwards signals, reaps, runs more commands */
#pragma once

#include "launcher/command.h"

/*
 * Runs as the first process of a PID namespace until CMD has ended; returns the status to leave
 * with: CMD's own, or 128+n. Whatever else runs in the namespace dies with the caller's exit. A
 * CMD that cannot be executed is reported on setup_socket (SETUP_FAILED) with status 126 or 127;
 * one that runs with SETUP_STARTED. After that the socket brings more commands
 * (launcher/exec_server.h).
 *
 * With command->is_init CMD takes the caller's own place. Then setup_socket tells SETUP_TERMINAL,
 * with the master of CMD's new terminal if there is one, and is closed by the execution.
 */
int init_run(const struct command *command, int setup_socket);

/*
 * Serves as init does, but without a CMD of its own, until its PID 1 dies: for another process of
 * the namespace when CMD is PID 1. After SETUP_GO tells SETUP_PREPARED on socket, or its failure.
 */
int init_serve(const struct command *base, int socket);
