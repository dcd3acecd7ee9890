/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_dir - where running containers are found: $XDG_RUNTIME_DIR/netns-run/NAME/ */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * How it works
 *
 * The base directory is that of state_base.h; it is made with mode 0700 and refused when it belongs
 * to someone else or is open to others. A container's directory holds `lock` (with the
 * PID of the launcher, which flock(2)s it exclusively for its lifetime), `state.json` and the
 * sockets of state_socket.h. A directory whose lock can be taken is what a crashed run left behind:
 * it is removed by state_dir_list() or by whoever wants its name.
 */
struct state_dir;

#define STATE_NAME_MAX 63

/* A container's own account of itself. */
#define STATE_FILE "state.json"

/* The sockets in a container's directory, see state_socket.h. */
#define STATE_CONTROL_SOCKET  "control.sock"
#define STATE_LAUNCHER_SOCKET "launcher.sock"

/*
 * Checks a container's name: 1..STATE_NAME_MAX characters of [a-zA-Z0-9_.-], the first
 * alphanumeric.
 */
bool state_name_check(const char *name, GError **error);

/*
 * Makes the directory of a new container and takes its lock. name NULL: a short random name that is
 * free. Fails with EEXIST when a running container has the name.
 */
struct state_dir *state_dir_create(const char *name, GError **error);

const char *state_dir_name(const struct state_dir *dir);
/* The directory's path, for messages. */
const char *state_dir_path(const struct state_dir *dir);
/* An O_PATH-able directory descriptor; it stays the state_dir's. */
int state_dir_fd(const struct state_dir *dir);

/* Writes state.json atomically (temporary file and rename). */
bool state_dir_write(struct state_dir *dir, const char *json, GError **error);

/* Removes the directory with all that it holds, and frees. Accepts NULL. */
void state_dir_remove(struct state_dir *dir);

/*
 * Removes everything in the directory and then the directory itself, by an fd of it (O_PATH will
 * do), which stays the caller's. Waits for whoever makes or lists containers. Harmless when the
 * directory has been removed already, also when a new container has its name by now.
 */
void state_dir_remove_fd(int dir_fd);

/*
 * The path of the base directory, which is made where it is missing; the caller owns it. A new
 * container appears there as a directory, and has its state.json renamed into place when it runs.
 */
char *state_dir_base(GError **error);

/* The names of running containers, sorted; removes what crashed runs left. Free with
 * g_ptr_array_unref(). */
GPtrArray *state_dir_list(GError **error);

/*
 * The text of a running container's state.json; the caller owns it. ENOENT: no such container,
 * EAGAIN: it has not written its state yet.
 */
char *state_dir_read(const char *name, GError **error);

/*
 * Opens the directory of a running container (close-on-exec). Returns the descriptor and in
 * ret_path the directory's path, both the caller's; -1 on error (ENOENT: no such container).
 */
int state_dir_open(const char *name, char **ret_path, GError **error);

/*
 * The process that runs it, as a descriptor (pidfd_open(2), close-on-exec): of netns-run or of who
 * has made the network. From the moment on that it has the name; -1 on error (ENOENT: no such
 * container, or it has just ended).
 */
int state_dir_open_owner(const char *name, GError **error);
