/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_lock_down - what a supervisor cannot do any more, and what it still has to */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/lock_down.h"
#include "tests/unit/sandbox_fixture.h"

static const long refused[] = {
	SYS_process_vm_readv, SYS_bpf,	       SYS_perf_event_open, SYS_io_uring_setup,
	SYS_keyctl,	      SYS_init_module, SYS_kexec_load,	    SYS_open_by_handle_at,
	SYS_userfaultfd,      SYS_pidfd_getfd, SYS_add_key,	    SYS_settimeofday,
};

static void check_refused(const void *data G_GNUC_UNUSED)
{
	struct rlimit core;

	SANDBOX_CHECK(lock_down_supervisor(NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		/* -1 is no pointer, no descriptor and no command: each has another error of its
		 * own. */
		SANDBOX_CHECK(syscall(refused[i], -1, -1, -1, -1, -1, -1) < 0 && errno == EPERM);
	}
	SANDBOX_CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	SANDBOX_CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0);
}

static void test_refused(void)
{
	sandbox_fixture_assert_holds(check_refused, NULL);
}

/* The sandbox of a forwarder that is started again. */
static void check_sandbox(const void *data G_GNUC_UNUSED)
{
	SANDBOX_CHECK(lock_down_supervisor(NULL));
	pid_t pid = fork();
	SANDBOX_CHECK(pid >= 0);
	if (pid == 0)
		sandbox_fixture_enter(-1);
	if (pid == 0)
		_exit(0);
	int status;
	SANDBOX_CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void test_sandbox(void)
{
	if (sandbox_fixture_is_possible())
		sandbox_fixture_assert_holds(check_sandbox, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lock_down/refused", test_refused);
	g_test_add_func("/lock_down/sandbox", test_sandbox);
	return g_test_run();
}
