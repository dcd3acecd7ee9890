/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_lock_down - what a supervisor cannot do any more, and what it still has to */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "launcher/deputy_errand.h"
#include "launcher/lock_down.h"
#include "src/failure.h"
#include "src/seccomp_compiler.h"
#include "src/syscall_names.h"
#include "tests/unit/sandbox_fixture.h"

static const long refused[] = {
	SYS_process_vm_readv, SYS_bpf,	       SYS_perf_event_open, SYS_io_uring_setup,
	SYS_keyctl,	      SYS_init_module, SYS_kexec_load,	    SYS_open_by_handle_at,
	SYS_userfaultfd,      SYS_pidfd_getfd, SYS_add_key,	    SYS_settimeofday,
};

static void check_refused(const void *data G_GNUC_UNUSED)
{
	struct rlimit core;

	SANDBOX_CHECK(lock_down_deputy(NULL));
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
	SANDBOX_CHECK(lock_down_deputy(NULL));
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

/* --- the supervisor --- */

static const struct lock_down all = {.mode = SANDBOX_REQUIRE};

static bool write_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0;
}

static bool can_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && close(fd) == 0;
}

/* Its directory, what it reads of the host, and nothing else. */
static void check_files(const void *data)
{
	const char *path = data;
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int above = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autofree char *beside = g_strdup_printf("netns-test-%d", (int)getpid());

	SANDBOX_CHECK(dir >= 0 && above >= 0 && can_open("/usr"));
	SANDBOX_CHECK(lock_down_supervisor(&all, dir, NULL));
	SANDBOX_CHECK(write_file(dir, "state.json.new"));
	SANDBOX_CHECK(renameat(dir, "state.json.new", dir, "state.json") == 0);
	SANDBOX_CHECK(write_file(dir, "state.json"));
	SANDBOX_CHECK(unlinkat(dir, "state.json", 0) == 0);
	SANDBOX_CHECK(can_open("/proc/self/status") && can_open("/etc/passwd"));
	SANDBOX_CHECK(!can_open("/usr") && errno == EACCES);
	SANDBOX_CHECK(!can_open(g_get_home_dir()) && errno == EACCES);
	SANDBOX_CHECK(!write_file(above, beside) && errno == EACCES);
	SANDBOX_CHECK(rmdir(path) == 0);
}

static void test_files(void)
{
	g_autofree char *base = g_dir_make_tmp("lock-down-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(base, "state", NULL);

	if (!sandbox_fixture_is_possible())
		return;
	g_assert_no_errno(g_mkdir(path, 0700));
	sandbox_fixture_assert_holds(check_files, path);
	g_assert_no_errno(g_rmdir(base));
}

/* What its loop is made of. */
static void check_goes_on(const void *data G_GNUC_UNUSED)
{
	int pair[2], status;
	pid_t child = fork();

	if (child == 0)
		pause();
	SANDBOX_CHECK(lock_down_supervisor(&all, -1, NULL));
	SANDBOX_CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
	SANDBOX_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	SANDBOX_CHECK(send(pair[0], "x", 1, MSG_NOSIGNAL) == 1);
	for (size_t size = 16; size < 1 << 24; size *= 2)
		g_free(g_malloc0(size));
	GMainLoop *loop = g_main_loop_new(NULL, FALSE);
	g_timeout_add(1, G_SOURCE_FUNC(g_main_loop_quit), loop);
	g_main_loop_run(loop);
	g_main_loop_unref(loop);
}

static void test_goes_on(void)
{
	if (sandbox_fixture_is_possible())
		sandbox_fixture_assert_holds(check_goes_on, NULL);
}

/* Who connects does so by paths: those that are there are the user's, as is the process. */
static void check_connects(const void *data G_GNUC_UNUSED)
{
	const struct lock_down connecting = {.mode = SANDBOX_REQUIRE, .connects = true};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(address);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* An abstract name of the kernel's choice. */
	SANDBOX_CHECK(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0);
	SANDBOX_CHECK(listen(listener, 1) == 0);
	SANDBOX_CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
	SANDBOX_CHECK(lock_down_supervisor(&connecting, -1, NULL));
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SANDBOX_CHECK(client >= 0);
	SANDBOX_CHECK(connect(client, (struct sockaddr *)&address, size) < 0 && errno == EPERM);
	address = (struct sockaddr_un){AF_UNIX, "/nowhere"};
	SANDBOX_CHECK(connect(client, (struct sockaddr *)&address, sizeof(address)) < 0);
	SANDBOX_CHECK(errno == ENOENT);
}

static void test_connects(void)
{
	if (sandbox_fixture_is_possible())
		sandbox_fixture_assert_holds(check_connects, NULL);
}

static bool forbid_landlock(void)
{
	const uint32_t native = syscall_native_architecture();
	struct seccomp_profile profile;

	seccomp_profile_init(&profile, SECCOMP_RET_ALLOW);
	g_array_append_val(profile.architectures, native);
	seccomp_profile_add(&profile, "landlock_create_ruleset", SECCOMP_RET_ERRNO | ENOSYS, NULL,
			    0);
	bool forbidden = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
			 seccomp_profile_install(&profile, NULL);
	seccomp_profile_done(&profile);
	return forbidden;
}

static bool is_described(JsonObject *sandbox, const char *expected)
{
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);

	json_node_take_object(root, sandbox);
	g_autofree char *text = json_to_string(root, false);
	if (!g_str_equal(text, expected))
		g_printerr("# %s\n", text);
	return g_str_equal(text, expected);
}

/* As before Linux 5.13. */
static void check_missing(const void *data G_GNUC_UNUSED)
{
	const struct lock_down content = {.mode = SANDBOX_ON};
	g_autoptr(GError) error = NULL;

	SANDBOX_CHECK(forbid_landlock());
	SANDBOX_CHECK(!lock_down_supervisor(&all, -1, &error) && error->code == ENOSYS);
	SANDBOX_CHECK(strstr(error->message, "'landlock'") && failure_cure(error));
	JsonObject *sandbox = lock_down_supervisor(&content, -1, NULL);
	SANDBOX_CHECK(sandbox);
	SANDBOX_CHECK(is_described(sandbox,
				   "{\"mode\":\"on\",\"layers\":[\"privileges\",\"seccomp\"],"
				   "\"missing\":{\"landlock\":\"Landlock: Function not "
				   "implemented\"}}"));
}

static void test_missing(void)
{
	if (sandbox_fixture_is_possible())
		sandbox_fixture_assert_holds(check_missing, NULL);
}

static const long forbidden[] = {
	SANDBOX_FIXTURE_FORBIDDEN,
	SYS_connect,
	SYS_symlinkat,
	SYS_fchownat,
	SYS_memfd_create,
	SYS_bind,
	SYS_mknodat,
#ifndef __SANITIZE_ADDRESS__
	SYS_execve,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_prctl,
	SYS_clone,
	SYS_socket,
	SYS_ioctl,
#endif
};

static void call_forbidden(const void *data)
{
	SANDBOX_CHECK(lock_down_supervisor(&all, -1, NULL));
	close(STDERR_FILENO);
	syscall(*(const long *)data, 0, 0, 0, 0, 0, 0);
}

static void test_forbidden(void)
{
	if (!sandbox_fixture_is_possible())
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(forbidden); i++) {
		struct sandbox_outcome outcome = sandbox_fixture_run(call_forbidden, &forbidden[i]);
		if (!WIFSIGNALED(outcome.status) || WTERMSIG(outcome.status) != SIGSYS)
			g_error("call %ld: status %#x", forbidden[i], (unsigned)outcome.status);
		g_free(outcome.forbidden);
	}
}

/* --- the deputy --- */

static void check_deputy(const void *data)
{
	const char *path = data;
	const struct deputy_context context = {.state_fd = -1, .pid_file = path, .etc_cover = -1};
	g_autoptr(GError) error = NULL;
	int fds[2];

	SANDBOX_CHECK(g_file_set_contents(path, "1", 1, NULL) && pipe(fds) == 0);
	struct deputy *deputy = deputy_new(&context, NULL);
	SANDBOX_CHECK(deputy);
	SANDBOX_CHECK(lock_down_supervisor(&all, -1, NULL));
	SANDBOX_CHECK(deputy_await(deputy, NULL));
	SANDBOX_CHECK(unlink(path) < 0 && errno == EACCES);
	/* Names that lead elsewhere. */
	SANDBOX_CHECK(!deputy_gather_scope(deputy, "ssh.service", &error));
	g_clear_error(&error);
	SANDBOX_CHECK(!deputy_start_cgroup_keeper(deputy, fds, "../other", NULL, &error));
	SANDBOX_CHECK(error->code == EINVAL);
	SANDBOX_CHECK(deputy_remove_pid_file(deputy) && access(path, F_OK) < 0);
	deputy_free(deputy);
	SANDBOX_CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void test_deputy(void)
{
	g_autofree char *base = g_dir_make_tmp("lock-down-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(base, "pid", NULL);

	if (!sandbox_fixture_is_possible())
		return;
	sandbox_fixture_assert_holds(check_deputy, path);
	g_assert_no_errno(g_rmdir(base));
}

/* What is no errand ends it: a supervisor says nothing else. */
static void test_malformed(void)
{
	const struct deputy_context context = {.state_fd = -1, .etc_cover = -1};
	struct deputy_errand errands[] = {
		{.kind = DEPUTY_FORWARDER}, {.kind = DEPUTY_N_KINDS}, {.kind = DEPUTY_SCOPE}};

	memset(errands[2].name, 'x', sizeof(errands[2].name));
	for (size_t i = 0; i <= G_N_ELEMENTS(errands); i++) {
		struct deputy_answer answer;
		int pair[2], status;
		size_t size = sizeof(*errands);
		g_assert_no_errno(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
		pid_t pid = fork();
		if (pid == 0) {
			close(pair[0]);
			deputy_serve(&context, pair[1]);
		}
		close(pair[1]);
		g_assert_cmpint(recv(pair[0], &answer, sizeof(answer), 0), ==, sizeof(answer));
		g_assert_true(answer.done);
		/* The last one is a good one cut short. */
		struct deputy_errand good = {.kind = DEPUTY_PID_FILE};
		const void *data = i < G_N_ELEMENTS(errands) ? &errands[i] : &good;
		size -= i == G_N_ELEMENTS(errands);
		g_assert_cmpint(send(pair[0], data, size, MSG_NOSIGNAL), ==, size);
		g_assert_cmpint(recv(pair[0], &answer, sizeof(answer), 0), ==, 0);
		g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
		g_assert_cmpint(status, ==, 0);
		close(pair[0]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lock_down/refused", test_refused);
	g_test_add_func("/lock_down/sandbox", test_sandbox);
	g_test_add_func("/lock_down/files", test_files);
	g_test_add_func("/lock_down/goes-on", test_goes_on);
	g_test_add_func("/lock_down/connects", test_connects);
	g_test_add_func("/lock_down/missing", test_missing);
	g_test_add_func("/lock_down/forbidden", test_forbidden);
	g_test_add_func("/lock_down/deputy", test_deputy);
	g_test_add_func("/lock_down/malformed", test_malformed);
	return g_test_run();
}
