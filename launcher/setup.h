/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup - what the launcher and the processes that it cloned say to each other while starting */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

/*
 * How it works
 *
 * Launcher and container child (and, on the gateway link, launcher and gateway process) share a
 * SOCK_SEQPACKET pair. Each step is one message; the order is in container.c. A process that fails
 * sends SETUP_FAILED with its error instead of the next step. After the start the socket stays
 * open: the child uses it to tell why CMD could not be executed, and each side sees the other's
 * death.
 */
enum setup_kind {
	SETUP_MAPPED = 'm',    /* to child: your id maps are written; with a socket of
				   overlay_fuse.h, if there is one */
	SETUP_LINK = 'l',      /* to child: number is the enum link_kind to configure */
	SETUP_PID = 'p',       /* from gateway: number is the container child's PID */
	SETUP_CONNECTED = 'c', /* from gateway: the child's device is there, to be configured */
	SETUP_LINKED = 'L',    /* from child or gateway: the link is up; with its descriptors */
	SETUP_PREPARED =
		'P',	      /* from child: only the link, if there is to be one, and CMD are
				 missing; with  what etc_cover_refresh() takes, if /etc is covered */
	SETUP_GO = 'g',	      /* to child: start CMD */
	SETUP_STARTED = 's',  /* from child: CMD runs; with its terminal's master, if it is new */
	SETUP_TERMINAL = 't', /* from child that becomes CMD: its new terminal's master, or none */
	SETUP_OVERLAY = 'o',  /* to the helper of overlay_fuse.h: serve these */
	SETUP_FAILED = 'f',   /* from either: error, and number is the exit status to leave with */
};

bool setup_send(int socket, enum setup_kind kind, int number, GError **error);
/* Sends a step with up to 31 descriptors, each of which may be unset (-1). */
bool setup_send_fds(int socket, enum setup_kind kind, const int *fds, size_t n_fds, GError **error);
/* Sends an error; nobody is left to hear about a failure of that. */
void setup_send_failed(int socket, const GError *failure, int status);

/*
 * Waits for one step. Fails when the peer has closed, sent another step, or an error, which then is
 * *error; *ret_number gets the message's number in that case, too. ret_number may be NULL.
 */
bool setup_expect(int socket, enum setup_kind kind, int *ret_number, GError **error);

/*
 * Waits for any step without descriptors. Fails like setup_expect(). The kind is SETUP_FAILED when
 * the failure is one that the peer has sent.
 */
bool setup_receive(int socket, enum setup_kind *ret_kind, int *ret_number, GError **error);

/* True if what the peer has sent next is a failure, which then is *error. Does not wait. */
bool setup_take_failure(int socket, GError **error);

/*
 * Waits for SETUP_STARTED; *ret_terminal is the descriptor that came with it, or unset. On failure
 * *ret_status is the exit status that came with the error, if one did.
 */
bool setup_expect_started(int socket, int *ret_terminal, int *ret_status, GError **error);

/*
 * For a socket that the exec of a command closes: true when it has been closed without a word, else
 * the error that came, with its *ret_status.
 */
bool setup_expect_executed(int socket, int *ret_status, GError **error);

/*
 * The same for a step that brings n_fds descriptors: ret_fds[i] is what the sender had at i, unset
 * where it was unset. They become the caller's.
 */
bool setup_expect_fds(int socket, enum setup_kind kind, int *ret_fds, size_t n_fds, GError **error);
