/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loopback_copy - a connection from the namespace's loopback to the host's */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

/* 127.0.0.1 or ::1 with the port, as bind(2) takes it; returns its size. */
socklen_t loopback_address(sa_family_t family, uint16_t port, struct sockaddr_storage *ret_address);

/*
 * Connects inside, a connection that has been accepted and becomes the copy's, to the port of the
 * host's loopback, and copies until both directions have ended, in threads of its own; resets it
 * where it can have none. *count is one more meanwhile; it is changed atomically, and must outlive
 * the copy.
 */
void loopback_copy_start(int inside, sa_family_t family, uint16_t port, int *count);
