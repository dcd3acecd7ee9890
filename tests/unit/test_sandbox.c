/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sandbox - what can be called, opened and reached from inside each layer, and all together */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "forwarder/sandbox.h"
#include "forwarder/sandbox_calls.h"
#include "forwarder/sandbox_root.h"
#include "src/capability.h"
#include "src/fdpass.h"
#include "src/forbidden_call.h"
#include "src/handoff_message.h"
#include "src/landlock.h"
#include "src/state_dir.h"

#define HELD 0 /* statuses of a child in which a check failed are line numbers, cut to a byte */

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			int saved = errno;                                                         \
			g_printerr("# %s:%d: %s\n", __FILE__, __LINE__, g_strerror(saved));        \
			_exit(__LINE__ % 255 + 1);                                                 \
		}                                                                                  \
	} while (0)

struct outcome {
	int status;	 /* waitpid(2)'s */
	char *forbidden; /* what it said last, or NULL */
};

static char *take_last_words(int socket)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds = 0;
	g_autoptr(JsonNode) root = handoff_message_receive(socket, fds, &n_fds, NULL);

	return root ? forbidden_call_explain(json_node_get_object(root)) : NULL;
}

/* Runs function in a child whose standard input is a hand-over socket. */
static struct outcome run(void (*function)(const void *data), const void *data)
{
	struct outcome outcome = {0};
	int pair[2];

	g_assert_true(fdpass_socketpair(pair, NULL));
	pid_t pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		dup2(pair[1], STDIN_FILENO);
		close(pair[0]);
		close(pair[1]);
		function(data);
		_exit(HELD);
	}
	close(pair[1]);
	g_assert_cmpint(waitpid(pid, &outcome.status, 0), ==, pid);
	outcome.forbidden = take_last_words(pair[0]);
	close(pair[0]);
	return outcome;
}

static void assert_holds(void (*function)(const void *data), const void *data)
{
	struct outcome outcome = run(function, data);

	g_assert_cmpstr(outcome.forbidden, ==, NULL);
	g_assert_cmphex((unsigned)outcome.status, ==, 0);
}

static void enter(int state_fd)
{
	const struct sandbox_plan plan = {
		.mode = SANDBOX_REQUIRE,
		.state_fd = state_fd,
		.resolv_conf = "nameserver 192.0.2.53\n",
	};
	struct sandbox sandbox;
	g_autoptr(GError) error = NULL;

	if (!sandbox_enter(&sandbox, &plan, &error))
		g_printerr("# %s\n", error->message);
	CHECK(!error);
}

/* Whether this system has all of it; else the test is skipped. */
static void try_all(const void *data G_GNUC_UNUSED)
{
	enter(-1);
}

static bool is_possible(void)
{
	struct outcome outcome = run(try_all, NULL);

	if (outcome.status == 0)
		return true;
	if (g_getenv("NETNS_TESTS_STRICT"))
		g_test_fail();
	else
		g_test_skip("this system does not allow all layers");
	return false;
}

/* --- calls --- */

static void call_socket(const void *data)
{
	socket(*(const int *)data, SOCK_STREAM, 0);
}

static void call_ioctl(const void *data)
{
	char byte = '\n';

	ioctl(STDERR_FILENO, *(const unsigned long *)data, &byte);
}

static void call_number(const void *data)
{
	syscall(*(const long *)data, 0, 0, 0, 0, 0, 0);
}

static void call_fork(const void *data G_GNUC_UNUSED)
{
	syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void call_clone(const void *data G_GNUC_UNUSED)
{
	syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWUSER, 0, 0, 0, 0);
}

static void call_mmap(const void *data G_GNUC_UNUSED)
{
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void call_mprotect(const void *data G_GNUC_UNUSED)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void call_kill(const void *data G_GNUC_UNUSED)
{
	kill(getpid(), 0);
}

static void call_tgkill(const void *data G_GNUC_UNUSED)
{
	syscall(SYS_tgkill, 1, 1, 0);
}

static void call_prctl(const void *data G_GNUC_UNUSED)
{
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void call_prlimit(const void *data G_GNUC_UNUSED)
{
	const struct rlimit limit = {1, 1};

	setrlimit(RLIMIT_CORE, &limit);
}

static void call_sigaction(const void *data G_GNUC_UNUSED)
{
	signal(SIGSYS, SIG_IGN);
}

static void call_open(const void *data G_GNUC_UNUSED)
{
	(void)!open("/proc/self/comm", O_RDWR);
}

static void call_from_thread(const void *data G_GNUC_UNUSED)
{
	const long number = SYS_unshare;

	g_thread_join(
		g_thread_new("other", (GThreadFunc)(void (*)(void))call_number, (void *)&number));
}

static const int families[] = {AF_UNIX, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG};
static const unsigned long ioctls[] = {TIOCSTI, SIOCGSKNS, 0x400454ca /* TUNSETIFF */};
static const long dangerous[] = {
	SYS_unshare,
	SYS_setns,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_bpf,
	SYS_keyctl,
	SYS_io_uring_setup,
	SYS_userfaultfd,
	SYS_setuid,
	SYS_open_by_handle_at,
	SYS_perf_event_open,
	SYS_pidfd_getfd,
	SYS_linkat,
	SYS_mkdirat,
	SYS_renameat2,
	SYS_memfd_create,
	SYS_fchmodat,
	SYS_inotify_init1,
	SYS_seccomp,
	SYS_capset,
	SYS_setsid,
	SYS_pidfd_open,
	SYS_execveat,
	SYS_init_module,
#ifndef __SANITIZE_ADDRESS__
	SYS_execve,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_wait4,
	SYS_getppid,
#endif
};

struct forbidden {
	const char *name;
	void (*function)(const void *data);
	const void *data;
};

static const struct forbidden forbidden[] = {
#ifndef __SANITIZE_ADDRESS__
	{"socket", call_socket, &families[0]}, {"socket", call_socket, &families[1]},
	{"socket", call_socket, &families[2]}, {"socket", call_socket, &families[3]},
	{"socket", call_socket, &families[4]}, {"clone", call_fork, NULL},
	{"clone", call_clone, NULL},	       {"mmap", call_mmap, NULL},
	{"mprotect", call_mprotect, NULL},     {"kill", call_kill, NULL},
	{"tgkill", call_tgkill, NULL},	       {"prctl", call_prctl, NULL},
	{"prlimit64", call_prlimit, NULL},     {"rt_sigaction", call_sigaction, NULL},
	{"openat", call_open, NULL},	       {"unshare", call_from_thread, NULL},
#endif
	{"ioctl", call_ioctl, &ioctls[0]},     {"ioctl", call_ioctl, &ioctls[1]},
	{"ioctl", call_ioctl, &ioctls[2]},
};

static void enter_and_call(const void *data)
{
	const struct forbidden *attempt = data;

	enter(-1);
	attempt->function(attempt->data);
}

/* It dies, and its last words name the call; NULL: whichever that is. */
static void assert_forbidden(const struct forbidden *attempt)
{
	struct outcome outcome = run(enter_and_call, attempt);
	g_autofree char *told = outcome.forbidden;
	g_autofree char *wanted = g_strdup_printf("'%s'", attempt->name ? attempt->name : "");

	g_assert_true(WIFSIGNALED(outcome.status));
	g_assert_cmpint(WTERMSIG(outcome.status), ==, SIGSYS);
	g_assert_nonnull(told);
	if (attempt->name && !strstr(told, wanted))
		g_error("%s: %s", attempt->name, told);
}

static void test_forbidden(void)
{
	if (!is_possible())
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(forbidden); i++)
		assert_forbidden(&forbidden[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(dangerous); i++)
		assert_forbidden(&(struct forbidden){NULL, call_number, &dangerous[i]});
}

/* --- what goes on --- */

static void talk_over_tcp(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 1) == 0);
	CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(connect(client, (struct sockaddr *)&address, size) == 0);
	int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(server >= 0 && write(client, "x", 1) == 1);
	char byte;
	CHECK(read(server, &byte, 1) == 1 && byte == 'x');
}

static gpointer allocate(gpointer data G_GNUC_UNUSED)
{
	for (size_t size = 16; size < 1 << 24; size *= 2)
		g_free(g_malloc0(size));
	return NULL;
}

static void check_contents(const void *data G_GNUC_UNUSED)
{
	g_autofree char *text = NULL;
	g_autofree char *parent = g_strdup_printf("/proc/%d/environ", getppid());

	enter(-1);
	talk_over_tcp();
	g_thread_join(g_thread_new("worker", allocate, NULL));
	CHECK(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
	CHECK(open("/etc/passwd", O_RDONLY) < 0 && errno == ENOENT);
	CHECK(open("/proc/sys/kernel/core_pattern", O_RDONLY) >= 0);
	CHECK(open(parent, O_RDONLY) < 0 && errno == EACCES);
	CHECK(open("/", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES);
	CHECK(fcntl(STDERR_FILENO, F_GETFL) >= 0);
	CHECK(read(STDERR_FILENO, &text, 1) < 0 && errno == EBADF);
	g_free(g_steal_pointer(&text));
	CHECK(g_file_get_contents("/proc/self/status", &text, NULL, NULL));
	CHECK(strstr(text, "CapPrm:\t0000000000000000") && strstr(text, "NoNewPrivs:\t1"));
}

static void test_allowed(void)
{
	if (is_possible())
		assert_holds(check_contents, NULL);
}

static void remove_state(const void *data)
{
	const int *fd = data;

	enter(*fd);
	state_dir_remove_fd(*fd);
}

/* What is beside it stays, unless it is an empty directory. */
static void test_state_directory(void)
{
	g_autofree char *base = g_dir_make_tmp("netns-run-XXXXXX", NULL);
	g_autofree char *own = g_build_filename(base, "own", NULL);
	g_autofree char *socket = g_build_filename(own, "control.sock", NULL);
	g_autofree char *other = g_build_filename(base, "other", NULL);

	if (!is_possible())
		return;
	g_assert_no_errno(g_mkdir(own, 0700));
	g_assert_true(g_file_set_contents(socket, "", 0, NULL));
	g_assert_true(g_file_set_contents(other, "", 0, NULL));
	int fd = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_holds(remove_state, &fd);
	close(fd);
	g_assert_false(g_file_test(own, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(other, G_FILE_TEST_EXISTS));
	g_unlink(other);
	g_rmdir(base);
}

/* --- single layers --- */

static void check_root(const void *data G_GNUC_UNUSED)
{
	static const char *const gone[] = {"/usr", "/dev/null", "/tmp", "/home", "/proc/../usr"};
	bool entered;
	uid_t uid = geteuid();
	g_autofree char *parent = g_strdup_printf("/proc/%d/root", getppid());
	g_autofree char *text = NULL;

	CHECK(sandbox_root_enter("nameserver 192.0.2.53\n", &entered, NULL) && entered);
	CHECK(geteuid() == uid);
	for (size_t i = 0; i < G_N_ELEMENTS(gone); i++)
		CHECK(open(gone[i], O_RDONLY) < 0 && errno == ENOENT);
	CHECK(g_file_get_contents("/etc/resolv.conf", &text, NULL, NULL));
	CHECK(strcmp(text, "nameserver 192.0.2.53\n") == 0);
	CHECK(open("/file", O_WRONLY | O_CREAT, 0600) < 0 && errno == EROFS);
	CHECK(open("/proc/self/comm", O_WRONLY) < 0 && errno == EROFS);
	/* Neither the old root nor another process is left to look into. */
	CHECK(uid == 0 || open(parent, O_RDONLY | O_DIRECTORY) < 0);
	CHECK(access("/proc/self/status", R_OK) == 0);
}

static void test_root(void)
{
	if (is_possible())
		assert_holds(check_root, NULL);
}

static int connect_to_abstract(int listener)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(address);

	CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	return connect(client, (struct sockaddr *)&address, size);
}

static void check_landlock(const void *data)
{
	const int *listener = data;
	int tmp = open("/tmp", O_PATH | O_CLOEXEC);
	const struct landlock_right rights[] = {{tmp, LANDLOCK_LIST}, {-1, LANDLOCK_READ}};

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(connect_to_abstract(*listener) == 0);
	CHECK(landlock_restrict(rights, G_N_ELEMENTS(rights), NULL));
	CHECK(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
	CHECK(open("/tmp", O_RDONLY | O_DIRECTORY) >= 0);
	CHECK(mkdir("/tmp/netns-run-forbidden", 0700) < 0 && errno == EACCES);
	CHECK(open("/dev/null", O_WRONLY) < 0 && errno == EACCES);
	/* Since Linux 6.12. */
	if (syscall(444, NULL, 0, 1) >= 6) {
		CHECK(connect_to_abstract(*listener) < 0 && errno == EPERM);
		CHECK(kill(getppid(), 0) < 0 && errno == EPERM);
	}
}

static void test_landlock(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!is_possible())
		return;
	/* The kernel chooses an abstract name. */
	g_assert_no_errno(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)));
	g_assert_no_errno(listen(listener, 8));
	assert_holds(check_landlock, &listener);
	close(listener);
}

/* --- modes and reports --- */

static void check_off(const void *data G_GNUC_UNUSED)
{
	const struct sandbox_plan plan = {.mode = SANDBOX_OFF, .state_fd = -1};
	struct sandbox sandbox;
	struct rlimit core;

	CHECK(sandbox_enter(&sandbox, &plan, NULL) && !sandbox_note(&sandbox));
	CHECK(open("/etc/passwd", O_RDONLY) >= 0);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0);
	CHECK(!capability_has(CAP_SYS_ADMIN));
}

static void test_off(void)
{
	assert_holds(check_off, NULL);
}

/* Where a layer is refused: no more user namespaces. */
static void check_missing(const void *data)
{
	const enum sandbox_mode *mode = data;
	const struct sandbox_plan plan = {.mode = *mode, .state_fd = -1};
	g_autoptr(GError) error = NULL;
	struct sandbox sandbox;
	bool entered;

	CHECK(sandbox_root_enter("", &entered, NULL));
	CHECK(chroot("/proc") == 0); /* whoever is in a chroot gets none */
	bool ok = sandbox_enter(&sandbox, &plan, &error);
	if (*mode == SANDBOX_REQUIRE) {
		CHECK(!ok && strstr(error->message, "lacks the layer 'root'"));
		return;
	}
	CHECK(ok);
	g_autofree char *note = sandbox_note(&sandbox);
	CHECK(g_str_has_prefix(note, "netns-forwarder's sandbox lacks root ("));
	CHECK(sandbox.missing[SANDBOX_ROOT] && !sandbox.missing[SANDBOX_SECCOMP]);
	sandbox_done(&sandbox);
}

static void test_missing(void)
{
	static const enum sandbox_mode modes[] = {SANDBOX_ON, SANDBOX_REQUIRE};

	if (!is_possible())
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++)
		assert_holds(check_missing, &modes[i]);
}

static void test_report(void)
{
	const struct sandbox sandbox = {.mode = SANDBOX_ON,
					.missing = {[SANDBOX_LANDLOCK] = (char *)"because"}};
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	sandbox_describe(&sandbox, builder);
	json_builder_end_object(builder);
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	g_autofree char *text = json_to_string(root, FALSE);
	g_assert_cmpstr(text, ==,
			"{\"sandbox\":{\"mode\":\"on\",\"layers\":[\"privileges\",\"root\","
			"\"seccomp\"],\"missing\":{\"landlock\":\"because\"}}}");
	g_autofree char *note = sandbox_note(&sandbox);
	g_assert_cmpstr(note, ==, "netns-forwarder's sandbox lacks landlock (because)");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sandbox/forbidden", test_forbidden);
	g_test_add_func("/sandbox/allowed", test_allowed);
	g_test_add_func("/sandbox/state-directory", test_state_directory);
	g_test_add_func("/sandbox/root", test_root);
	g_test_add_func("/sandbox/landlock", test_landlock);
	g_test_add_func("/sandbox/off", test_off);
	g_test_add_func("/sandbox/missing", test_missing);
	g_test_add_func("/sandbox/report", test_report);
	return g_test_run();
}
