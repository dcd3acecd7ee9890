/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session - a network for namespaces of others, from its start to its end */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "link/attach.h"
#include "plugins/session_ends.h"
#include "src/handoff.h"
#include "src/json.h"
#include "src/state_dir.h"

/*
 * How it works
 *
 *   session_new()      starts the forwarder, which waits for its link
 *   attach_build()     (link/attach.h) the caller makes the link meanwhile, or brings a TAP
 *   session_start()    gives it to the forwarder; the network is ready
 *   session_end_...()  what else is to be its end, but signals
 *   session_run()      until then; a forwarder that dies is replaced, with the same ports
 *   session_free()     leaves nothing behind
 *
 * Whatever ends the process in between, also SIGKILL, ends the forwarder, which sees the hand-over
 * socket close; that ends the gateway's agent, which removes the device.
 *
 * A process has one session at most. It must have no other children than these functions make.
 */
struct session;

/*
 * program is in front of messages, and stays the caller's. state is where netns-ctl finds the
 * network (registry_add()), or NULL; it becomes the session's, also on failure, and is removed with
 * it or by its forwarder. NULL on error.
 */
struct session *session_new(const char *program, struct state_dir *state, GError **error);

/* Adds a member to state.json, before session_start(); value becomes the function's. */
void session_describe(struct session *session, const char *member, JsonNode *value);

/*
 * What the forwarder is to be told, which is the caller's to fill until session_start(): access,
 * ports (each with an id), a listening socket in fds[HANDOFF_FD_CONTROL], rules in
 * fds[HANDOFF_FD_EGRESS] and so on. Name and link are filled in by session_start(), and the control
 * socket is the state's if there is one. It stays the session's, and follows what becomes of it:
 * when it has started, the ports are those that were bound.
 */
struct handoff_start *session_handoff(struct session *session);

/*
 * Takes the link, also on failure, and waits until the forwarder has it and the ports are bound.
 * From here on the signals of enum session_end are blocked: session_run() waits for them.
 */
bool session_start(struct session *session, const struct attachment *attachment, GError **error);

/*
 * Where messages go when nobody reads standard error any more, and those of the forwarder from its
 * start on: DIR/output.log of the state directory, which is kept small. -1 where there is none. It
 * stays the session's.
 */
int session_log(const struct session *session);

/* Whether there is a state directory, with a control socket in it. */
bool session_is_listed(const struct session *session);

/* The link as it was made, once started; it stays the session's. */
const struct attachment *session_attachment(const struct session *session);

/* Ends it when the other end of fd, a pipe or socket, is closed. fd stays the caller's. */
void session_end_with_fd(struct session *session, int fd);
/* Ends it with the process. ESRCH: there is none. */
bool session_end_with_process(struct session *session, pid_t pid, GError **error);
/*
 * Ends it when path, that of a network namespace, leads to it no more: it was unmounted or
 * replaced, or its process is gone (plugins/netns_watch.h). netns is a descriptor of that
 * namespace, which stays the caller's and is not needed any longer than this call.
 */
bool session_end_with_netns(struct session *session, const char *path, int netns, GError **error);

/* It connects to local sockets while it runs: it is not locked out of those. */
void session_let_connect(struct session *session);

/* Waits for the end. The error is set with SESSION_FAILED alone. */
enum session_end session_run(struct session *session, GError **error);
/* The signal that ended it, 0 if none did. */
int session_signal(const struct session *session);

/*
 * Ends the forwarder and the link: ports and device are free when it returns. Accepts NULL. Signals
 * stay blocked.
 */
void session_free(struct session *session);

/* Makes the calling process die of the signal, as one that does not catch it: for its caller. */
void session_die_by(int number);
