/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sandbox - what can be opened and reached from inside each layer, and all together */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "forwarder/sandbox.h"
#include "forwarder/sandbox_root.h"
#include "src/capability.h"
#include "src/landlock.h"
#include "src/state_dir.h"
#include "tests/unit/sandbox_fixture.h"

/* --- what goes on --- */

static void talk_over_tcp(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	SANDBOX_CHECK(bind(listener, (struct sockaddr *)&address, size) == 0 &&
		      listen(listener, 1) == 0);
	SANDBOX_CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SANDBOX_CHECK(connect(client, (struct sockaddr *)&address, size) == 0);
	int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	SANDBOX_CHECK(server >= 0 && write(client, "x", 1) == 1);
	char byte;
	SANDBOX_CHECK(read(server, &byte, 1) == 1 && byte == 'x');
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

	sandbox_fixture_enter(-1);
	talk_over_tcp();
	g_thread_join(g_thread_new("worker", allocate, NULL));
	SANDBOX_CHECK(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
	SANDBOX_CHECK(open("/etc/passwd", O_RDONLY) < 0 && errno == ENOENT);
	SANDBOX_CHECK(open("/proc/sys/kernel/core_pattern", O_RDONLY) >= 0);
	SANDBOX_CHECK(open(parent, O_RDONLY) < 0 && errno == EACCES);
	SANDBOX_CHECK(open("/", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES);
	SANDBOX_CHECK(fcntl(STDERR_FILENO, F_GETFL) >= 0);
	SANDBOX_CHECK(read(STDERR_FILENO, &text, 1) < 0 && errno == EBADF);
	g_free(g_steal_pointer(&text));
	SANDBOX_CHECK(g_file_get_contents("/proc/self/status", &text, NULL, NULL));
	SANDBOX_CHECK(strstr(text, "CapPrm:\t0000000000000000") && strstr(text, "NoNewPrivs:\t1"));
}

static void test_allowed(void)
{
	if (sandbox_fixture_is_possible())
		sandbox_fixture_assert_holds(check_contents, NULL);
}

static void remove_state(const void *data)
{
	const int *fd = data;

	sandbox_fixture_enter(*fd);
	state_dir_remove_fd(*fd);
}

/* What is beside it stays, unless it is an empty directory. */
static void test_state_directory(void)
{
	g_autofree char *base = g_dir_make_tmp("netns-run-XXXXXX", NULL);
	g_autofree char *own = g_build_filename(base, "own", NULL);
	g_autofree char *socket = g_build_filename(own, "control.sock", NULL);
	g_autofree char *other = g_build_filename(base, "other", NULL);

	if (!sandbox_fixture_is_possible())
		return;
	g_assert_no_errno(g_mkdir(own, 0700));
	g_assert_true(g_file_set_contents(socket, "", 0, NULL));
	g_assert_true(g_file_set_contents(other, "", 0, NULL));
	int fd = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sandbox_fixture_assert_holds(remove_state, &fd);
	close(fd);
	g_assert_false(g_file_test(own, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(other, G_FILE_TEST_EXISTS));
	g_unlink(other);
	g_rmdir(base);
}

/* --- single layers --- */

static void check_root(const void *data G_GNUC_UNUSED)
{
	static const char *const gone[] = {"/usr", "/dev/null", "/tmp", "/etc", "/proc/../usr"};
	bool entered;
	uid_t uid = geteuid();
	g_autofree char *parent = g_strdup_printf("/proc/%d/root", getppid());

	SANDBOX_CHECK(sandbox_root_enter(&entered, NULL) && entered);
	SANDBOX_CHECK(geteuid() == uid);
	for (size_t i = 0; i < G_N_ELEMENTS(gone); i++)
		SANDBOX_CHECK(open(gone[i], O_RDONLY) < 0 && errno == ENOENT);
	SANDBOX_CHECK(open("/file", O_WRONLY | O_CREAT, 0600) < 0 && errno == EROFS);
	SANDBOX_CHECK(open("/proc/self/comm", O_WRONLY) < 0 && errno == EROFS);
	/* Neither the old root nor another process is left to look into. */
	SANDBOX_CHECK(uid == 0 || open(parent, O_RDONLY | O_DIRECTORY) < 0);
	SANDBOX_CHECK(access("/proc/self/status", R_OK) == 0);
}

static void test_root(void)
{
	if (sandbox_fixture_is_possible())
		sandbox_fixture_assert_holds(check_root, NULL);
}

static int connect_to_abstract(int listener)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(address);

	SANDBOX_CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	return connect(client, (struct sockaddr *)&address, size);
}

static void check_landlock(const void *data)
{
	const int *listener = data;
	int tmp = open("/tmp", O_PATH | O_CLOEXEC);
	const struct landlock_right rights[] = {{tmp, LANDLOCK_LIST}, {-1, LANDLOCK_READ}};

	SANDBOX_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	SANDBOX_CHECK(connect_to_abstract(*listener) == 0);
	SANDBOX_CHECK(landlock_restrict(rights, G_N_ELEMENTS(rights), false, NULL));
	SANDBOX_CHECK(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
	SANDBOX_CHECK(open("/tmp", O_RDONLY | O_DIRECTORY) >= 0);
	SANDBOX_CHECK(mkdir("/tmp/netns-run-forbidden", 0700) < 0 && errno == EACCES);
	SANDBOX_CHECK(open("/dev/null", O_WRONLY) < 0 && errno == EACCES);
	/* Since Linux 6.12. */
	if (syscall(444, NULL, 0, 1) >= 6) {
		SANDBOX_CHECK(connect_to_abstract(*listener) < 0 && errno == EPERM);
		SANDBOX_CHECK(kill(getppid(), 0) < 0 && errno == EPERM);
	}
}

static void test_landlock(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!sandbox_fixture_is_possible())
		return;
	/* The kernel chooses an abstract name. */
	g_assert_no_errno(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)));
	g_assert_no_errno(listen(listener, 8));
	sandbox_fixture_assert_holds(check_landlock, &listener);
	close(listener);
}

/* --- modes and reports --- */

static void check_off(const void *data G_GNUC_UNUSED)
{
	struct sandbox_layers layers;
	struct rlimit core;

	SANDBOX_CHECK(sandbox_enter(&layers, SANDBOX_OFF, -1, NULL) && !sandbox_note(&layers));
	SANDBOX_CHECK(open("/etc/passwd", O_RDONLY) >= 0);
	SANDBOX_CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	SANDBOX_CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	SANDBOX_CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0);
	SANDBOX_CHECK(!capability_has(CAP_SYS_ADMIN));
}

static void test_off(void)
{
	sandbox_fixture_assert_holds(check_off, NULL);
}

/* Where a layer is refused: no more user namespaces. */
static void check_missing(const void *data)
{
	const enum sandbox_mode *mode = data;
	g_autoptr(GError) error = NULL;
	struct sandbox_layers layers;
	bool entered;

	SANDBOX_CHECK(sandbox_root_enter(&entered, NULL));
	SANDBOX_CHECK(chroot("/proc") == 0); /* whoever is in a chroot gets none */
	bool ok = sandbox_enter(&layers, *mode, -1, &error);
	if (*mode == SANDBOX_REQUIRE) {
		SANDBOX_CHECK(!ok && strstr(error->message, "lacks the layer 'root'"));
		return;
	}
	SANDBOX_CHECK(ok);
	g_autofree char *note = sandbox_note(&layers);
	SANDBOX_CHECK(g_str_has_prefix(note, "netns-forwarder's sandbox lacks root ("));
	SANDBOX_CHECK(layers.missing[SANDBOX_ROOT] && !layers.missing[SANDBOX_SECCOMP]);
	sandbox_layers_done(&layers);
}

static void test_missing(void)
{
	static const enum sandbox_mode modes[] = {SANDBOX_ON, SANDBOX_REQUIRE};

	if (!sandbox_fixture_is_possible())
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++)
		sandbox_fixture_assert_holds(check_missing, &modes[i]);
}

static void test_report(void)
{
	const struct sandbox_layers layers = {
		.mode = SANDBOX_ON,
		.has = {[SANDBOX_PRIVILEGES] = true,
			[SANDBOX_ROOT] = true,
			[SANDBOX_SECCOMP] = true},
		.missing = {[SANDBOX_LANDLOCK] = (char *)"because"},
	};
	g_autoptr(JsonObject) object = sandbox_layers_describe(&layers);
	g_autofree char *text = json_to_string(object, FALSE);

	g_assert_cmpstr(text, ==,
			"{\"mode\":\"on\",\"layers\":[\"privileges\",\"root\","
			"\"seccomp\"],\"missing\":{\"landlock\":\"because\"}}");
	g_autofree char *note = sandbox_note(&layers);
	g_assert_cmpstr(note, ==, "netns-forwarder's sandbox lacks landlock (because)");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sandbox/allowed", test_allowed);
	g_test_add_func("/sandbox/state-directory", test_state_directory);
	g_test_add_func("/sandbox/root", test_root);
	g_test_add_func("/sandbox/landlock", test_landlock);
	g_test_add_func("/sandbox/off", test_off);
	g_test_add_func("/sandbox/missing", test_missing);
	g_test_add_func("/sandbox/report", test_report);
	return g_test_run();
}
