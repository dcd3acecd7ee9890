/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command - executes CMD inside the container */
#include "launcher/command.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/account.h"
#include "launcher/environment.h"
#include "launcher/privilege.h"
#include "src/failure.h"

/*
 * PID 1 has them all blocked. Shells ignore SIGINT and SIGQUIT for background jobs, which would
 * make the command deaf to what is forwarded on purpose; but nohup(1) is meant for the command,
 * too.
 */
static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		if (number != SIGHUP)
			signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* execvp(3) says EACCES, too, when it only came past a directory that it may not search. */
static bool is_in_path(const char *program)
{
	g_auto(GStrv) folders = g_strsplit(getenv("PATH"), ":", -1);

	for (char **folder = folders; *folder; folder++) {
		g_autofree char *path = g_build_filename(**folder ? *folder : ".", program, NULL);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static void report(const char *program, int *ret_status, GError **error)
{
	int errnum = errno;

	if (errnum == EACCES && !strchr(program, '/') && !is_in_path(program))
		errnum = ENOENT;
	bool missing = errnum == ENOENT || errnum == ENOTDIR;
	const char *cure = "make it executable (chmod +x), and its interpreter too";

	*ret_status = missing ? COMMAND_NOT_FOUND : COMMAND_NOT_EXECUTABLE;
	if (missing && strchr(program, '/'))
		cure = "give its path inside ROOTFS; if it is there, its interpreter or dynamic "
		       "loader is missing";
	else if (missing)
		cure = "install it in ROOTFS or give its path; PATH is searched inside ROOTFS";
	else if (errnum == E2BIG)
		cure = "pass fewer or shorter arguments and variables (--clear-env, --env-file)";
	else if (errnum == ENOEXEC)
		cure = "is it built for this machine, or a script without #! line?";
	failure_set(error, errnum, cure, "cannot execute '%s': %s", program, g_strerror(errnum));
}

static bool enter_directory(const struct command *command, GError **error)
{
	if (!command->directory || chdir(command->directory) == 0)
		return true;
	if (command->directory_required) {
		failure_set(error, errno, "name a directory that is there inside ROOTFS",
			    "cannot enter the working directory '%s': %s", command->directory,
			    g_strerror(errno));
		return false;
	}
	return chdir("/") == 0 || failure_errno(error, "enter the working directory");
}

/* The working directory may be closed to the user who is to be in it. */
static bool take_place(const struct command *command, const struct account *account, GError **error)
{
	return enter_directory(command, error) &&
	       (!command->rlimits || rlimits_apply(command->rlimits, error)) &&
	       account_become(account, command->idmap, error);
}

void command_execute(const struct command *command, int *ret_status, GError **error)
{
	struct account account;

	*ret_status = 125;
	if (!privilege_bound(command->privilege, error) ||
	    !account_resolve(command->user, command->idmap, &account, error))
		return;
	/* execvp(3) takes PATH from there. */
	environ = environment_complete(
		g_strdupv(command->environment ? (char **)command->environment : environ),
		account.home, command->tty);
	bool in_place = take_place(command, &account, error);
	account_done(&account);
	if (!in_place)
		return;
	reset_signals();
	if (!privilege_apply(command->privilege, error))
		return;
	execvp(command->argv[0], command->argv);
	report(command->argv[0], ret_status, error);
}
