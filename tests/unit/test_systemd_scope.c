/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_systemd_scope - the conversation with systemd, by one of our own making on a private bus */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "launcher/systemd_scope.h"
#include "src/failure.h"
#include "tests/unit/false_systemd.h"

/* An empty directory as $XDG_RUNTIME_DIR, and no bus. The caller owns the path. */
static char *enter_empty(void)
{
	char *directory = g_dir_make_tmp("netns-scope-XXXXXX", NULL);

	g_setenv("XDG_RUNTIME_DIR", directory, TRUE);
	g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
	return directory;
}

static bool ask(const char *unit, GError **error)
{
	pid_t pid = getpid();

	return systemd_scope_start(unit, &pid, 1, error);
}

static void ask_for_all_units(void)
{
	g_autoptr(GError) refused = NULL, failed = NULL, absent = NULL, none = NULL;

	ask("good.scope", &none);
	g_assert_no_error(none);
	ask("early.scope", &none);
	g_assert_no_error(none);
	g_assert_false(ask("refused.scope", &refused));
	g_assert_nonnull(strstr(refused->message, "refused by the test"));
	g_assert_cmpint(refused->code, !=, SYSTEMD_SCOPE_ABSENT);
	g_assert_false(ask("failed.scope", &failed));
	g_assert_nonnull(strstr(failed->message, "'failed'"));
	pid_t pid = getpid();
	g_assert_true(systemd_scope_attach("good.scope", &pid, 1, NULL));
	g_assert_false(systemd_scope_attach("refused.scope", &pid, 1, NULL));
	g_assert_false(ask("absent.scope", &absent));
	g_assert_error(absent, FAILURE, SYSTEMD_SCOPE_ABSENT);
}

static bool has_dbus(void)
{
	g_autofree char *path = g_find_program_in_path("dbus-daemon");

	if (!path)
		g_test_skip("no dbus-daemon");
	return path;
}

static void test_bus(void)
{
	g_autoptr(GError) taken = NULL, none = NULL;
	g_autoptr(GTestDBus) bus = NULL;
	g_autofree char *directory = enter_empty();

	if (!has_dbus())
		return;
	bus = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(bus);
	pid_t systemd = false_systemd_start(NULL);
	ask_for_all_units();
	ask("ending.scope", &none);
	g_assert_no_error(none);
	g_assert_false(ask("taken.scope", &taken));
	g_assert_error(taken, FAILURE, EEXIST);
	g_assert_nonnull(failure_cure(taken));
	false_systemd_stop(systemd);
	g_test_dbus_down(bus);
	g_rmdir(directory);
}

static void test_no_systemd_on_bus(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GTestDBus) bus = NULL;
	g_autofree char *directory = enter_empty();

	if (!has_dbus())
		return;
	bus = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(bus);
	g_assert_false(ask("good.scope", &error));
	g_assert_error(error, FAILURE, SYSTEMD_SCOPE_ABSENT);
	g_test_dbus_down(bus);
	g_rmdir(directory);
}

/* Systems without a user bus still have systemd's own socket. */
static void test_direct(void)
{
	g_autofree char *directory = enter_empty();
	g_autofree char *below = g_build_filename(directory, "systemd", NULL);
	g_autofree char *path = g_build_filename(below, "private", NULL);
	g_autofree char *address = g_strconcat("unix:path=", path, NULL);

	g_assert_cmpint(g_mkdir(below, 0700), ==, 0);
	pid_t systemd = false_systemd_start(address);
	ask_for_all_units();
	false_systemd_stop(systemd);
	g_unlink(path);
	g_rmdir(below);
	g_rmdir(directory);
}

static void test_none(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *directory = enter_empty();

	g_assert_false(ask("good.scope", &error));
	g_assert_error(error, FAILURE, SYSTEMD_SCOPE_ABSENT);
	g_assert_nonnull(failure_cure(error));
	g_rmdir(directory);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* The host's root would ask the host's systemd. */
	if (geteuid() == 0 &&
	    (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
		return 1;
	g_test_add_func("/systemd-scope/none", test_none);
	g_test_add_func("/systemd-scope/direct", test_direct);
	g_test_add_func("/systemd-scope/no-systemd-on-bus", test_no_systemd_on_bus);
	g_test_add_func("/systemd-scope/bus", test_bus);
	return g_test_run();
}
