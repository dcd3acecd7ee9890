/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cgroup_life - real cgroups, in a tree of our own; only root may have one here */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "launcher/cgroup.h"
#include "launcher/cgroup_dir.h"
#include "launcher/cgroup_tree.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "tests/unit/false_systemd.h"

#define PLACE "/netns-run-test"

/*
 * A pure cgroup v2 tree in a mount namespace, with a cgroup of our own in it. Only root may; what
 * the machine itself has of cgroups is left alone. Runs function there in a child.
 */
static int in_private_tree(bool (*function)(const char *parent))
{
	g_autofree char *parent = g_strdup_printf(CGROUP_TREE PLACE "-%d", (int)getpid());
	int status;

	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		if (unshare(CLONE_NEWNS) < 0 || mount("", "/", "", MS_REC | MS_PRIVATE, NULL) < 0 ||
		    umount2(CGROUP_TREE, MNT_DETACH) < 0 ||
		    mount("none", CGROUP_TREE, "cgroup2", 0, NULL) < 0 || mkdir(parent, 0755) < 0)
			_exit(77);
		bool good = function(parent);
		_exit(rmdir(parent) == 0 && good ? 0 : 1);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void check_in_private_tree(bool (*function)(const char *parent))
{
	int status = geteuid() == 0 ? in_private_tree(function) : 77;

	if (status == 77)
		g_test_skip("only root can make a cgroup v2 tree of its own here");
	else
		g_assert_cmpint(status, ==, 0);
}

static pid_t start_sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

static struct cgroup *make_cgroup(const char *parent, pid_t pid)
{
	const struct cgroup_place place = {parent + strlen(CGROUP_TREE), "box"};
	const struct limits none = {0};
	struct cgroup *cgroup = cgroup_create(&none, &place, NULL);

	if (cgroup && !cgroup_start(cgroup, pid, NULL))
		g_clear_pointer(&cgroup, cgroup_free);
	return cgroup;
}

static bool is_gone(const char *parent)
{
	g_autofree char *group = g_build_filename(parent, "netns-run-box", NULL);

	return access(group, F_OK) < 0 && errno == ENOENT;
}

static bool check_life(const char *parent)
{
	pid_t pid = start_sleeper();
	struct cgroup *cgroup = make_cgroup(parent, pid);
	g_autofree char *path = cgroup_tree_path(pid);
	g_autofree char *group = g_build_filename(parent, "netns-run-box", NULL);
	g_autofree char *nested = g_build_filename(group, "container/a", NULL);
	g_autofree char *deeper = g_build_filename(nested, "b", NULL);
	int status = 0;

	if (!cgroup || !g_str_has_suffix(path, "/netns-run-box/container") ||
	    !g_str_equal(cgroup_path(cgroup), group))
		return false;
	bool froze = cgroup_set_frozen(cgroup, true, NULL) && cgroup_is_frozen(cgroup);
	bool thawed = cgroup_set_frozen(cgroup, false, NULL) && !cgroup_is_frozen(cgroup);
	/* What was nested and what is frozen goes, too. */
	bool ended = mkdir(nested, 0755) == 0 && mkdir(deeper, 0755) == 0 &&
		     cgroup_set_frozen(cgroup, true, NULL);
	cgroup_free(cgroup);
	return froze && thawed && ended && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
	       is_gone(parent);
}

static void test_life(void)
{
	check_in_private_tree(check_life);
}

static bool check_stats(const char *parent)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	pid_t pid = start_sleeper();
	struct cgroup *cgroup = make_cgroup(parent, pid);

	if (!cgroup)
		return false;
	json_builder_begin_object(builder);
	cgroup_add_stats(cgroup, builder);
	json_builder_end_object(builder);
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	JsonObject *cpu = json_object_get_object_member(json_node_get_object(root), "cpu");
	JsonObject *stat = json_object_get_object_member(cpu, "stat");
	bool counts = json_object_has_member(stat, "usage_usec");
	cgroup_free(cgroup);
	return counts && waitpid(pid, NULL, 0) == pid;
}

static void test_stats(void)
{
	check_in_private_tree(check_stats);
}

/* The launcher of a container is killed: the cgroup goes with it. */
static bool check_killed(const char *parent)
{
	int ready[2];
	char byte;

	if (pipe(ready) < 0)
		return false;
	pid_t launcher = fork();
	if (launcher == 0) {
		if (!make_cgroup(parent, start_sleeper()) || write(ready[1], "", 1) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	bool was_there = read(ready[0], &byte, 1) == 1 && !is_gone(parent);
	kill(launcher, SIGKILL);
	/* The sleeper and the keeper become ours. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	return was_there && is_gone(parent);
}

static void test_killed(void)
{
	check_in_private_tree(check_killed);
}

/* Another's cgroup of the same name is not ours to remove; an empty one is what a crash left. */
static bool check_name(const char *parent)
{
	g_autofree char *group = g_build_filename(parent, "netns-run-box", NULL);
	const struct cgroup_place place = {parent, "box"};
	const struct limits none = {0};
	g_autoptr(GError) error = NULL;
	pid_t first = start_sleeper(), second = start_sleeper();

	if (mkdir(group, 0755) < 0)
		return false;
	struct cgroup *cgroup = make_cgroup(parent, first);
	struct cgroup *other = cgroup_create(&none, &place, NULL);
	bool refused = cgroup && other && !cgroup_start(other, second, &error) &&
		       error->code == EEXIST && failure_cure(error);
	cgroup_free(other);
	bool survived = waitpid(first, NULL, WNOHANG) == 0;
	cgroup_free(cgroup);
	kill(second, SIGKILL);
	return refused && survived && is_gone(parent);
}

static void test_name(void)
{
	check_in_private_tree(check_name);
}

static bool check_controllers(const char *parent)
{
	const struct cgroup_place place = {parent, "box"};
	autoclose int dir = cgroup_dir_open(CGROUP_TREE);
	struct limits limits = {0};
	g_autoptr(GError) error = NULL;

	/* On a machine that has the controller the VM suite does this. */
	if (cgroup_dir_has_word(dir, "cgroup.controllers", "memory"))
		return true;
	if (!limits_parse_member(&limits, "memory", "64m", &error))
		return false;
	struct cgroup *cgroup = cgroup_create(&limits, &place, &error);
	return !cgroup && strstr(error->message, "'memory'") && failure_cure(error);
}

static void test_controllers(void)
{
	check_in_private_tree(check_controllers);
}

/* In a /run of our own the false systemd is that of the machine. It makes scopes in parent. */
static pid_t start_systemd(const char *parent)
{
	if (mount("none", "/run", "tmpfs", 0, NULL) < 0 || mkdir("/run/systemd", 0755) < 0)
		return -1;
	g_setenv("FALSE_SYSTEMD_TREE", parent, TRUE);
	return false_systemd_start("unix:path=/run/systemd/private");
}

static bool check_scope(const char *parent)
{
	g_autofree char *scope = g_build_filename(parent, "netns-run-box.scope", NULL);
	g_autofree char *wanted = g_strconcat(scope, "/limits", NULL);
	const struct cgroup_place place = {NULL, "box"};
	const struct limits none = {0};
	g_autoptr(GError) error = NULL;

	pid_t systemd = start_systemd(parent), pid = start_sleeper();
	struct cgroup *cgroup = cgroup_create(&none, &place, &error);
	bool started = cgroup && cgroup_start(cgroup, pid, &error);
	bool placed = started && g_str_equal(cgroup_path(cgroup), wanted) &&
		      cgroup_set_frozen(cgroup, true, &error);
	cgroup_free(cgroup);
	false_systemd_stop(systemd);
	if (error)
		g_printerr("%s\n", error->message);
	/* What systemd made is systemd's; of ours is nothing left. */
	return placed && waitpid(pid, NULL, 0) == pid && rmdir(scope) == 0;
}

static void test_scope(void)
{
	check_in_private_tree(check_scope);
}

/* A process whose child has a child; returns when all are there. */
static pid_t start_family(void)
{
	int ready[2];
	char bytes[2];

	if (pipe(ready) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		bool is_last = fork() == 0 && fork() == 0;
		if (is_last && write(ready[1], "12", 2) != 2)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(ready[0], bytes, 2) != 2)
		return -1;
	close(ready[0]);
	close(ready[1]);
	return pid;
}

/* The number of lines of a file of processes. */
static unsigned count_processes(const char *directory)
{
	g_autofree char *path = g_build_filename(directory, "cgroup.procs", NULL);
	g_autofree char *text = NULL;
	unsigned count = 0;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return 0;
	for (const char *p = text; *p; p++)
		count += *p == '\n';
	return count;
}

static bool check_adopted(const char *parent)
{
	g_autofree char *scope = g_build_filename(parent, "netns-run-box.scope", NULL);
	g_autofree char *payload = g_build_filename(scope, "limits/container", NULL);
	g_autoptr(GError) error = NULL;
	pid_t systemd = start_systemd(parent), pid = start_family();
	const pid_t roots[] = {pid, 0};
	struct cgroup *cgroup = cgroup_adopt("box", roots, NULL, &error);

	bool adopted =
		cgroup && count_processes(payload) == 3 && cgroup_set_frozen(cgroup, true, &error);
	cgroup_free(cgroup);
	false_systemd_stop(systemd);
	if (error)
		g_printerr("%s\n", error->message);
	return adopted && waitpid(pid, NULL, 0) == pid && rmdir(scope) == 0;
}

static void test_adopted(void)
{
	check_in_private_tree(check_adopted);
}

/* What cannot be adopted goes on. */
static bool check_not_adopted(const char *parent G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	pid_t pid = start_sleeper();
	const pid_t roots[CGROUP_N_ROOTS] = {pid};

	if (mount("none", "/run", "tmpfs", 0, NULL) < 0)
		return false;
	bool refused = !cgroup_adopt("box", roots, NULL, &error) && failure_cure(error);
	bool lives = waitpid(pid, NULL, WNOHANG) == 0;
	kill(pid, SIGKILL);
	return refused && lives && waitpid(pid, NULL, 0) == pid;
}

static void test_not_adopted(void)
{
	check_in_private_tree(check_not_adopted);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cgroup-life/life", test_life);
	g_test_add_func("/cgroup-life/stats", test_stats);
	g_test_add_func("/cgroup-life/killed", test_killed);
	g_test_add_func("/cgroup-life/name", test_name);
	g_test_add_func("/cgroup-life/controllers", test_controllers);
	g_test_add_func("/cgroup-life/scope", test_scope);
	g_test_add_func("/cgroup-life/adopted", test_adopted);
	g_test_add_func("/cgroup-life/not-adopted", test_not_adopted);
	return g_test_run();
}
