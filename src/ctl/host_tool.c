/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_tool - netns-ctl NAME exec --host-tool: the host's program in a container's network */
#include "src/ctl/host_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/capability.h"
#include "src/ctl/exit_status.h"
#include "src/ctl/id_emulation.h"
#include "src/ctl/container_process.h"
#include "src/failure.h"

/*
 * How it works
 *
 * The namespaces are opened through the directory of a process that is proven to be the container's
 * (container_process.h). Who made a user namespace has all capabilities in it; so setns(2) may
 * enter it, and then the network. The container cannot see the tool, which keeps its PID and mount
 * namespaces. The tool sees itself as root, where our own id is mapped to 0, and may want to be
 * less: see id_emulation.h.
 */

static int open_namespace(const struct container_process *process, const char *name, GError **error)
{
	g_autofree char *path = g_strconcat("ns/", name, NULL);
	int fd = openat(process->proc, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		failure_errno(error, "open the %s namespace of process %d", name, process->pid);
	return fd;
}

static bool is_our_own(int namespace_fd, const char *path)
{
	struct stat theirs, ours;

	return fstat(namespace_fd, &theirs) == 0 && stat(path, &ours) == 0 &&
	       theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

static bool enter_namespaces(const char *container, GError **error)
{
	autocontainer struct container_process *process = container_process_open(container, error);

	if (!process)
		return false;
	autoclose int user = open_namespace(process, "user", error);
	autoclose int net = user < 0 ? -1 : open_namespace(process, "net", error);
	if (net < 0)
		return false;
	if (setns(user, CLONE_NEWUSER) < 0)
		return failure_errno(error, "enter the user namespace of container '%s'",
				     container);
	/* With --net host it is the host's: nothing to enter, nor the right to. */
	if (!is_our_own(net, "/proc/self/ns/net") && setns(net, CLONE_NEWNET) < 0)
		return failure_errno(error, "enter the network of container '%s'", container);
	return capability_pass_on(error) && id_emulation_start(error);
}

static void set_variables(char **variables)
{
	for (; variables && *variables; variables++) {
		g_auto(GStrv) pair = g_strsplit(*variables, "=", 2);
		if (pair[1])
			g_setenv(pair[0], pair[1], TRUE);
	}
}

int host_tool_run(const struct ctl_request *request, GError **error)
{
	const struct ctl_options *options = &request->options;

	if (!enter_namespaces(request->container, error))
		return EXIT_FAILURE_OF_OURS;
	if (options->workdir && chdir(options->workdir) < 0) {
		failure_errno(error, "change to directory %s", options->workdir);
		return EXIT_FAILURE_OF_OURS;
	}
	set_variables(options->env);
	execvp(request->operands[0], request->operands);
	int status = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
	failure_errno(error, "run the host's %s", request->operands[0]);
	return status;
}
