/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spawn - a command in namespaces that were made for it */
#include "plugins/pasta/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/status.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"

/*
 * How it works
 *
 *   caller                  keeper of the namespaces        command (PID 1 of its own)
 *   spawn_start() ────────▶ unshare, id maps
 *                ◀─ "" or text of a failure
 *   (the network is made)
 *   spawn_run()  ── go ───▶ fork ─────────────────────────▶ mount /proc and /sys, execute
 *                ◀── exit status ── wait ◀───────────────── exit
 */

#define NAMESPACES                                                                                 \
	(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS)

/* --- in the new process --- */

static bool write_file(const char *path, const char *text, GError **error)
{
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		return true;
	return failure_errno(error, "write %s", path);
}

static bool make_namespaces(GError **error)
{
	g_autofree char *uid_map = g_strdup_printf("0 %u 1\n", (unsigned)geteuid());
	g_autofree char *gid_map = g_strdup_printf("0 %u 1\n", (unsigned)getegid());

	if (unshare(NAMESPACES) < 0) {
		failure_errno(error, "Couldn't create user namespace");
		return false;
	}
	return write_file("/proc/self/setgroups", "deny", error) &&
	       write_file("/proc/self/uid_map", uid_map, error) &&
	       write_file("/proc/self/gid_map", gid_map, error);
}

/* Without them tools show the host's processes and devices; that is no reason to fail. */
static void mount_views(void)
{
	if (mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ||
	    mount("sys", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) < 0)
		fprintf(stderr, "pasta: the command sees the host's /proc or /sys: %s\n",
			g_strerror(errno));
}

static G_NORETURN void execute(char **command)
{
	const char *shell = g_getenv("SHELL");
	char *default_command[] = {shell && *shell ? (char *)shell : (char *)"/bin/sh", NULL};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	mount_views();
	if (!*command)
		command = default_command;
	execvp(command[0], command);
	fprintf(stderr, "pasta: execute %s: %s\n", command[0], g_strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static G_NORETURN void keep_namespaces(int socket, char **command)
{
	g_autoptr(GError) error = NULL;
	int status = 0;
	char go;

	/* When the caller goes, the namespaces and their processes do. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	make_namespaces(&error);
	const char *text = error ? error->message : "";
	if (send(socket, text, strlen(text) + 1, MSG_NOSIGNAL) < 0 || error ||
	    recv(socket, &go, sizeof(go), 0) != sizeof(go))
		_exit(EXIT_FAILURE);
	close(socket);
	pid_t pid = fork();
	if (pid == 0)
		execute(command);
	/* The terminal's signals are for the command. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(pid > 0 ? status_to_exit(status) : EXIT_FAILURE);
}

/* --- the caller --- */

bool spawn_start(struct spawn *spawn, char **command, GError **error)
{
	char text[512] = "";
	int pair[2];

	*spawn = (struct spawn){.socket = -1};
	if (!fdpass_socketpair(pair, error))
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		close(pair[0]);
		keep_namespaces(pair[1], command);
	}
	close(pair[1]);
	*spawn = (struct spawn){.pid = MAX(pid, 0), .socket = pair[0]};
	if (pid < 0)
		return failure_errno(error, "fork");
	if (recv(spawn->socket, text, sizeof(text) - 1, 0) > 0 && !*text)
		return true;
	g_set_error_literal(error, FAILURE, EPERM,
			    *text ? text : "the process in the new namespaces has died");
	return false;
}

int spawn_run(struct spawn *spawn)
{
	const char go = 'g';
	int status = 0;

	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	if (send(spawn->socket, &go, sizeof(go), MSG_NOSIGNAL) != sizeof(go))
		return EXIT_FAILURE;
	while (waitpid(spawn->pid, &status, 0) < 0 && errno == EINTR)
		;
	spawn->pid = 0;
	return status_to_exit(status);
}

void spawn_done(struct spawn *spawn)
{
	close_fd(&spawn->socket);
	if (!spawn->pid)
		return;
	kill(spawn->pid, SIGKILL);
	waitpid(spawn->pid, NULL, 0);
	spawn->pid = 0;
}
