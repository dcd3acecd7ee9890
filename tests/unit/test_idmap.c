/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_idmap - which maps are chosen, and that the kernel takes them */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "launcher/idmap.h"
#include "launcher/idmap_helper.h"
#include "launcher/idmap_host.h"
#include "launcher/options_identity.h"
#include "src/capability.h"
#include "src/failure.h"

/* A host in a folder: its two files and its helper. */
struct fixture {
	char *folder, *subuid, *subgid, *helper;
	struct subid_source users, groups;
	struct idmap_host host;
	struct identity_options options;
};

static void write_file(const char *path, const char *text)
{
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* Set-user-ID and owned by root, but no program, as far as this test is run by root. */
static void make_helper(const struct fixture *fixture, const char *script)
{
	write_file(fixture->helper, script);
	g_assert_cmpint(g_chmod(fixture->helper, 04755), ==, 0);
}

static void set_up(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	fixture->folder = g_dir_make_tmp("test_idmap-XXXXXX", NULL);
	fixture->subuid = g_build_filename(fixture->folder, "subuid", NULL);
	fixture->subgid = g_build_filename(fixture->folder, "subgid", NULL);
	fixture->helper = g_build_filename(fixture->folder, "helper", NULL);
	fixture->users = (struct subid_source){fixture->subuid, "/nonexistent", "false", false};
	fixture->groups = (struct subid_source){fixture->subgid, "/nonexistent", "false", true};
	const struct idmap_rights rights = {.option = "--uidmap",
					    .own = 1000,
					    .source = &fixture->users,
					    .helper = "newuidmap",
					    .capability = CAP_SETUID,
					    .may_write = true,
					    .known = {1, {{0, 0, ID_MAX + 1U}}}};
	fixture->host = (struct idmap_host){
		.caller = {.uid = 1000, .name = "alice"}, .users = rights, .groups = rights};
	fixture->host.groups.option = "--gidmap";
	fixture->host.groups.own = 100;
	fixture->host.groups.source = &fixture->groups;
	write_file(fixture->subuid, "bob:500000:65536\nalice:100000:65536\n1000:200000:10\n");
	write_file(fixture->subgid, "alice:300000:65536\n");
	identity_options_init(&fixture->options);
}

static void tear_down(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	identity_options_done(&fixture->options);
	g_unlink(fixture->subuid);
	g_unlink(fixture->subgid);
	g_unlink(fixture->helper);
	g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
	g_free(fixture->folder);
	g_free(fixture->subuid);
	g_free(fixture->subgid);
	g_free(fixture->helper);
}

/* An ordinary user's rights. */
static void without_rights(struct fixture *fixture)
{
	fixture->host.users.may_write = fixture->host.groups.may_write = false;
}

static void ask(struct fixture *fixture, const char *line)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autofree char *full = g_strconcat("test ", line, NULL);
	g_auto(GStrv) argv = NULL;
	g_autoptr(GError) error = NULL;

	identity_options_done(&fixture->options);
	identity_options_init(&fixture->options);
	g_option_context_add_group(context, identity_options_group(&fixture->options));
	g_assert_true(g_shell_parse_argv(full, NULL, &argv, NULL));
	g_option_context_parse_strv(context, &argv, &error);
	g_assert_no_error(error);
}

/* As --uidmap has them. */
static char *extents_text(const struct id_extents *extents)
{
	return g_strdelimit(g_strdelimit(id_extents_to_proc(extents), " ", ':'), "\n", ',');
}

static char *describe(const struct idmap *idmap)
{
	g_autofree char *users = extents_text(&idmap->uid.extents);
	g_autofree char *groups = extents_text(&idmap->gid.extents);

	return g_strdup_printf("%s %s / %s %s%s%s", idmap_mode_name(idmap->uid.mode), users,
			       idmap_mode_name(idmap->gid.mode), groups,
			       idmap->single ? " single" : "",
			       idmap->may_set_groups ? " setgroups" : "");
}

static void assert_plan(struct fixture *fixture, const char *line, const char *expected)
{
	struct idmap idmap;
	g_autoptr(GError) error = NULL;

	ask(fixture, line);
	idmap_plan_on(&fixture->host, &fixture->options, &idmap, &error);
	g_assert_no_error(error);
	g_autofree char *text = describe(&idmap);
	g_assert_cmpstr(text, ==, expected);
	idmap_done(&idmap);
}

static void assert_refused(struct fixture *fixture, const char *line, const char *cause,
			   const char *cure)
{
	struct idmap idmap;
	g_autoptr(GError) error = NULL;

	ask(fixture, line);
	g_assert_false(idmap_plan_on(&fixture->host, &fixture->options, &idmap, &error));
	if (!strstr(error->message, cause) || !failure_cure(error) ||
	    !strstr(failure_cure(error), cure))
		g_error("'%s' gave: %s", line, error->message);
}

static void assert_note(struct fixture *fixture, const char *line, const char *note, bool tell)
{
	struct idmap idmap;

	ask(fixture, line);
	g_assert_true(idmap_plan_on(&fixture->host, &fixture->options, &idmap, NULL));
	g_assert_nonnull(idmap_note(&idmap));
	if (!strstr(idmap_note(&idmap), note))
		g_error("'%s' is not in '%s'", note, idmap_note(&idmap));
	g_assert_cmpint(idmap.tell, ==, tell);
	idmap_done(&idmap);
}

static void test_auto(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	static const char full[] = "full 0:1000:1,1:100000:65536,65537:200000:10 / "
				   "full 0:100:1,1:300000:65536 setgroups";

	assert_plan(fixture, "", full);
	assert_plan(fixture, "--uidmap auto", full);
	assert_plan(fixture, "--uidmap auto --gidmap single",
		    "full 0:1000:1,1:100000:65536,65537:200000:10 / single 0:100:1 setgroups");
	assert_plan(fixture, "--uidmap single",
		    "single 0:1000:1 / single 0:100:1 single setgroups");
	assert_plan(fixture, "--gidmap single --uidmap auto --uidmap single",
		    "single 0:1000:1 / single 0:100:1 single setgroups");
	/* The caller's own id in the range that he was given would be there twice. */
	write_file(fixture->subuid, "alice:999:3\n");
	assert_plan(fixture, "",
		    "full 0:1000:1,1:999:1,2:1001:1 / full 0:100:1,1:300000:65536 setgroups");
}

static void test_auto_without(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	write_file(fixture->subgid, "bob:300000:65536\n");
	assert_plan(fixture, "", "single 0:1000:1 / single 0:100:1 single setgroups");
	assert_note(fixture, "", "subgid grants alice no ids", false);
	assert_note(fixture, "--uidmap auto", "subgid grants alice no ids", true);
	g_unlink(fixture->subuid);
	assert_note(fixture, "", "subuid grants alice no ids", false);
	without_rights(fixture);
	assert_plan(fixture, "", "single 0:1000:1 / single 0:100:1 single");
}

/* In a container, the file may tell of ids that are not there. */
static void test_auto_nested(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	fixture->host.users.known = (struct id_extents){2, {{0, 5, 1001}, {100500, 9000, 100}}};
	assert_plan(fixture, "",
		    "full 0:1000:1,1:100500:100 / full 0:100:1,1:300000:65536 setgroups");
	fixture->host.users.known.n = 1;
	assert_note(fixture, "", "subuid grants alice no ids", false);
	assert_refused(fixture, "--uidmap 0:100000:1 --gidmap 0:5:1",
		       "--uidmap 0:100000:1: this user namespace has not all", "0-1000");
}

static void test_auto_helper(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	without_rights(fixture);
	fixture->host.users.helper = fixture->host.groups.helper = fixture->helper;
	assert_note(fixture, "", "helper is not installed", false);
	write_file(fixture->helper, "#!/bin/sh\n");
	g_assert_cmpint(g_chmod(fixture->helper, 0755), ==, 0);
	assert_note(fixture, "", "neither set-user-ID root", false);
	assert_refused(fixture, "--uidmap 0:100000:5 --gidmap single", "neither set-user-ID root",
		       "uidmap");
}

static void test_real_root(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct idmap idmap;

	fixture->host.is_real_root = true;
	fixture->host.caller = (struct subid_owner){0, "root"};
	fixture->host.users.own = fixture->host.groups.own = 0;
	assert_plan(fixture, "", "single 0:0:1 / single 0:0:1 single setgroups");
	g_assert_true(idmap_plan_on(&fixture->host, &fixture->options, &idmap, NULL));
	g_assert_true(idmap.is_host_root);
	idmap_done(&idmap);
	write_file(fixture->subuid, "root:100000:65536\n");
	write_file(fixture->subgid, "0:100000:65536\n");
	assert_plan(fixture, "", "full 0:100000:65536 / full 0:100000:65536 setgroups");
	assert_plan(fixture, "--uidmap 0:700:9", "explicit 0:700:9 / explicit 0:700:9 setgroups");
	g_assert_true(idmap_plan_on(&fixture->host, &fixture->options, &idmap, NULL));
	g_assert_false(idmap.is_host_root);
	idmap_done(&idmap);
}

static void test_explicit(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	assert_plan(fixture, "--uidmap 0:1000:1,1:100000:5",
		    "explicit 0:1000:1,1:100000:5 / explicit 0:100:1,1:100000:5 setgroups");
	assert_plan(fixture, "--uidmap 5:7:1,0:9:1 --gidmap 0:8:9",
		    "explicit 5:7:1,0:9:1 / explicit 0:8:9 setgroups");
	assert_refused(fixture, "--uidmap 1:7:1", "--uidmap has no id 0", "0:1000:1");
	without_rights(fixture);
	/* Nobody's help is needed for these. */
	assert_plan(fixture, "--uidmap 0:1000:1", "explicit 0:1000:1 / explicit 0:100:1 single");
}

static void test_foreign(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *nobody =
		g_strdup_printf("--uidmap 5:7:1: %s does not grant 7 to alice", fixture->subuid);

	without_rights(fixture);
	assert_refused(fixture, "--uidmap 0:1000:1,5:7:1", nobody,
		       "take ids of 100000-165535, 200000-200009, or 1000 alone");
	assert_refused(fixture, "--uidmap 0:1000:2", "does not grant 1000-1001", "take ids");
	assert_refused(fixture, "--uidmap 0:165530:10", "does not grant 165530-165539", "take ids");
	assert_refused(fixture, "--uidmap 0:500000:10", "500000-500009 to alice, but to bob",
		       "take ids");
	/* What is followed is not granted: the message says where the request comes from. */
	assert_refused(fixture, "--uidmap 0:1000:1 --gidmap 0:100000:5",
		       "--gidmap 0:100000:5: ", "take ids of 300000-365535");
}

static void test_usermod(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	without_rights(fixture);
	write_file(fixture->subuid, "bob:100000:65536\n");
	write_file(fixture->subgid, "");
	assert_refused(fixture, "--uidmap 0:200000:10", "does not grant",
		       "usermod --add-subuids 200000-200009 alice");
	assert_refused(fixture, "--uidmap 0:500:1", "does not grant",
		       "usermod --add-subuids 165536-231071 alice");
	assert_refused(fixture, "--uidmap 0:100000:1", "but to bob",
		       "usermod --add-subuids 165536-231071 alice");
	assert_refused(fixture, "--uidmap single --gidmap 0:200000:1", "does not grant 200000 to",
		       "usermod --add-subgids 200000-200000 alice");
}

/* --- what becomes of a plan --- */

struct child {
	pid_t pid;
	int go, status; /* write to let it enter; read what it found */
};

/* A process in a user namespace of its own, whose maps are not written yet. */
static struct child start_child(struct idmap *idmap)
{
	int go[2], status[2];
	char byte;

	g_assert_cmpint(pipe(go) | pipe(status), ==, 0);
	pid_t pid = fork();
	if (pid == 0) {
		int signal_number = 0;
		bool made = unshare(CLONE_NEWUSER) == 0;
		bool entered = write(status[1], made ? "u" : "-", 1) == 1 &&
			       read(go[0], &byte, 1) == 1 && idmap_enter(idmap, NULL);
		prctl(PR_GET_PDEATHSIG, &signal_number);
		g_autofree char *text = describe(idmap);
		g_autofree char *line = g_strdup_printf(
			"%d %d %d %u:%u %d %s", entered, signal_number, prctl(PR_GET_DUMPABLE),
			getuid(), getegid(), getgroups(0, NULL), text);
		_exit(write(status[1], line, strlen(line)) < 0);
	}
	close(go[0]);
	close(status[1]);
	g_assert_cmpint(read(status[0], &byte, 1), ==, 1);
	return (struct child){byte == 'u' ? pid : -pid, go[1], status[0]};
}

/* Lets it enter and ends it; what it found is the caller's. */
static char *finish_child(struct child *child)
{
	char text[256] = "";

	g_assert_cmpint(write(child->go, "g", 1), ==, 1);
	g_assert_cmpint(read(child->status, text, sizeof(text) - 1), >, 0);
	close(child->go);
	close(child->status);
	g_assert_cmpint(waitpid(ABS(child->pid), NULL, 0), ==, ABS(child->pid));
	return g_strdup(text);
}

/* The real host: whoever runs this test. */
static void plan_here(struct fixture *fixture, const char *line, struct idmap *ret_idmap)
{
	g_autoptr(GError) error = NULL;

	ask(fixture, line);
	idmap_plan(&fixture->options, ret_idmap, &error);
	g_assert_no_error(error);
}

static void test_write_single(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct idmap idmap;
	g_autoptr(GError) error = NULL;

	plan_here(fixture, "--uidmap single", &idmap);
	struct child child = start_child(&idmap);
	if (child.pid > 0) {
		idmap_write(&idmap, child.pid, &error);
		g_assert_no_error(error);
	}
	g_autofree char *found = finish_child(&child);
	if (child.pid < 0)
		g_test_skip("no user namespaces");
	else
		g_assert_true(g_str_has_prefix(found, "1 9 1 0:0 "));
	idmap_done(&idmap);
}

/* The kernel takes this from root alone: 0 is somebody else then. */
static void test_write_explicit(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct idmap idmap;
	g_autoptr(GError) error = NULL;

	if (!idmap_is_real_root() || !capability_has(CAP_SETUID)) {
		g_test_skip("only for root");
		return;
	}
	plan_here(fixture, "--uidmap 0:100000:65536", &idmap);
	struct child child = start_child(&idmap);
	g_assert_cmpint(child.pid, >, 0);
	idmap_write(&idmap, child.pid, &error);
	g_assert_no_error(error);
	g_autofree char *found = finish_child(&child);
	g_assert_cmpstr(found, ==,
			"1 9 1 0:0 0 explicit 0:100000:65536 / explicit 0:100000:65536 setgroups");
	idmap_done(&idmap);
}

/* A helper that says no: auto goes on with the caller's ids, and tells; explicit does not. */
static void test_helper_fails(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct idmap idmap;
	g_autoptr(GError) error = NULL;

	make_helper(fixture, "#!/bin/sh\necho helper: no ids for you >&2\necho more >&2\nexit 1\n");
	plan_here(fixture, "--uidmap single", &idmap);
	idmap.uid.helper = g_strdup(fixture->helper);
	idmap.uid.mode = IDMAP_EXPLICIT;
	struct child child = start_child(&idmap);
	g_assert_false(idmap_write(&idmap, ABS(child.pid), &error));
	g_assert_nonnull(strstr(error->message, "helper: no ids for you"));
	g_assert_null(strstr(error->message, "more"));
	idmap.uid.mode = IDMAP_FULL;
	idmap.uid.extents.at[0].count = 2;
	if (child.pid > 0) {
		g_assert_true(idmap_write(&idmap, child.pid, NULL));
		g_assert_true(idmap.tell && idmap.single);
		g_assert_cmpint(idmap.uid.mode, ==, IDMAP_SINGLE);
		g_assert_nonnull(strstr(idmap_note(&idmap), "no ids for you"));
	}
	g_autofree char *found = finish_child(&child);
	if (child.pid > 0)
		g_assert_true(g_str_has_prefix(found, "1 9 1 0:0 "));
	idmap_done(&idmap);
}

static void test_helper_arguments(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	const struct id_extents extents = {2, {{0, 1000, 1}, {1, 100000, 65536}}};
	struct idmap_helper helper;
	g_autoptr(GError) error = NULL;

	make_helper(fixture, "#!/bin/sh\n[ \"$*\" = '42 0 1000 1 1 100000 65536' ] && exit\n"
			     "echo \"$*\" >&2\nexit 1\n");
	g_assert_true(idmap_helper_start(&helper, fixture->helper, 42, &extents, &error));
	idmap_helper_finish(&helper, fixture->helper, &error);
	g_assert_no_error(error);
	make_helper(fixture, "#!/bin/sh\nkill -9 $$\n");
	g_assert_true(idmap_helper_start(&helper, fixture->helper, 42, &extents, &error));
	g_assert_false(idmap_helper_finish(&helper, fixture->helper, &error));
	g_assert_nonnull(strstr(error->message, "failed without a word"));
	g_clear_error(&error);
	g_unlink(fixture->helper);
	g_assert_false(idmap_helper_start(&helper, fixture->helper, 42, &extents, &error));
	g_assert_error(error, FAILURE, ENOENT);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*run)(struct fixture *, gconstpointer);
	} tests[] = {
		{"/idmap/auto", test_auto},
		{"/idmap/auto-without", test_auto_without},
		{"/idmap/auto-nested", test_auto_nested},
		{"/idmap/auto-helper", test_auto_helper},
		{"/idmap/real-root", test_real_root},
		{"/idmap/explicit", test_explicit},
		{"/idmap/foreign", test_foreign},
		{"/idmap/usermod", test_usermod},
		{"/idmap/write-single", test_write_single},
		{"/idmap/write-explicit", test_write_explicit},
		{"/idmap/helper-fails", test_helper_fails},
		{"/idmap/helper-arguments", test_helper_arguments},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct fixture, NULL, set_up, tests[i].run, tear_down);
	return g_test_run();
}
