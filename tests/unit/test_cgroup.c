/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cgroup - limits and counters as control files, in directories of our own */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "launcher/cgroup_dir.h"
#include "launcher/cgroup_limits.h"
#include "launcher/cgroup_stats.h"
#include "launcher/cgroup_tree.h"
#include "src/failure.h"

struct folder {
	char *path;
	int dir;
};

static void folder_set(const struct folder *folder, const char *file, const char *text)
{
	g_autofree char *path = g_build_filename(folder->path, file, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void folder_init(struct folder *folder, const char *const *files)
{
	folder->path = g_dir_make_tmp("netns-cgroup-XXXXXX", NULL);
	for (; files && *files; files++)
		folder_set(folder, *files, "");
	folder->dir = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint(folder->dir, >=, 0);
}

static void folder_done(struct folder *folder)
{
	GDir *list = g_dir_open(folder->path, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(list)))
		unlinkat(folder->dir, name, 0);
	g_dir_close(list);
	close(folder->dir);
	g_rmdir(folder->path);
	g_free(folder->path);
}

static void check_file(const struct folder *folder, const char *file, const char *text)
{
	g_autofree char *found = cgroup_dir_read(folder->dir, file);

	g_assert_cmpstr(found, ==, text);
}

static const char *const all_files[] = {"memory.max", "memory.swap.max", "cpu.max", "cpuset.cpus",
					"pids.max",   "io.weight",	 NULL};

static struct limits parse(const char *line)
{
	g_auto(GStrv) words = g_strsplit_set(line, " =", -1);
	struct limits limits = {0};

	for (char **word = words; *word; word += 2)
		g_assert_true(limits_parse_member(&limits, word[0], word[1], NULL));
	return limits;
}

static void test_write(void)
{
	struct limits limits = parse("memory=64m memory-swap=96m cpus=0.5 cpuset-cpus=0-1 "
				     "pids-limit=20 io-weight=50");
	g_autoptr(GError) error = NULL;
	struct folder folder;

	folder_init(&folder, all_files);
	cgroup_limits_write(folder.dir, &limits, &error);
	g_assert_no_error(error);
	check_file(&folder, "memory.max", "67108864");
	check_file(&folder, "memory.swap.max", "33554432");
	check_file(&folder, "cpu.max", "50000 100000");
	check_file(&folder, "cpuset.cpus", "0-1");
	check_file(&folder, "pids.max", "20");
	check_file(&folder, "io.weight", "50");
	folder_done(&folder);
}

static void test_write_lifted(void)
{
	struct limits limits = parse("memory=max cpus=max cpuset-cpus=max pids-limit=-1");
	g_autoptr(GError) error = NULL;
	struct folder folder;

	folder_init(&folder, all_files);
	cgroup_limits_write(folder.dir, &limits, &error);
	g_assert_no_error(error);
	check_file(&folder, "memory.max", "max");
	check_file(&folder, "memory.swap.max", "max");
	check_file(&folder, "cpu.max", "max 100000");
	check_file(&folder, "cpuset.cpus", "");
	check_file(&folder, "pids.max", "max");
	check_file(&folder, "io.weight", "");
	folder_done(&folder);
}

static void test_no_swap_accounting(void)
{
	const char *const files[] = {"memory.max", NULL};
	struct limits limits = parse("memory=64m"), asked = parse("memory=64m memory-swap=64m");
	g_autoptr(GError) error = NULL;
	struct folder folder;

	folder_init(&folder, files);
	g_assert_true(cgroup_limits_write(folder.dir, &limits, NULL));
	check_file(&folder, "memory.max", "67108864");
	g_assert_false(cgroup_limits_write(folder.dir, &asked, &error));
	g_assert_nonnull(strstr(failure_cure(error), "swapaccount=1"));
	folder_done(&folder);
}

static void test_io_weight(void)
{
	const char *const files[] = {"io.bfq.weight", NULL};
	const char *const pairs[][2] = {
		{"io-weight=1", "1"}, {"io-weight=100", "100"}, {"io-weight=10000", "1000"}};
	g_autoptr(GError) error = NULL;
	struct limits limits;
	struct folder folder;

	folder_init(&folder, files);
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		limits = parse(pairs[i][0]);
		folder_set(&folder, files[0], "");
		g_assert_true(cgroup_limits_write(folder.dir, &limits, NULL));
		check_file(&folder, files[0], pairs[i][1]);
	}
	unlinkat(folder.dir, files[0], 0);
	g_assert_false(cgroup_limits_write(folder.dir, &limits, &error));
	g_assert_nonnull(failure_cure(error));
	folder_done(&folder);
}

/* The kernel would take CPUs that are not there, and use others. */
static void test_cpuset(void)
{
	struct limits limits = parse("cpuset-cpus=1,2");
	g_autoptr(GError) error = NULL;
	struct folder folder;

	folder_init(&folder, all_files);
	folder_set(&folder, "cpuset.cpus.effective", "1-2\n");
	g_assert_true(cgroup_limits_write(folder.dir, &limits, NULL));
	folder_set(&folder, "cpuset.cpus.effective", "0-1\n");
	g_assert_false(cgroup_limits_write(folder.dir, &limits, &error));
	g_assert_nonnull(strstr(error->message, "0-1"));
	folder_done(&folder);
}

static void test_readings(void)
{
	struct folder folder;

	folder_init(&folder, NULL);
	folder_set(&folder, "cgroup.events", "populated 1\nfrozen 0\n");
	folder_set(&folder, "cgroup.controllers", "cpu memory pids\n");
	g_assert_cmpint(cgroup_dir_read_key(folder.dir, "cgroup.events", "frozen"), ==, 0);
	g_assert_cmpint(cgroup_dir_read_key(folder.dir, "cgroup.events", "populated"), ==, 1);
	g_assert_cmpint(cgroup_dir_read_key(folder.dir, "cgroup.events", "froz"), ==, -1);
	g_assert_cmpint(cgroup_dir_read_key(folder.dir, "cgroup.event", "frozen"), ==, -1);
	g_assert_true(cgroup_dir_has_word(folder.dir, "cgroup.controllers", "pids"));
	g_assert_false(cgroup_dir_has_word(folder.dir, "cgroup.controllers", "pid"));
	g_assert_true(cgroup_dir_await(folder.dir, "populated", 1, 0));
	g_assert_false(cgroup_dir_await(folder.dir, "populated", 0, 1));
	g_assert_cmpint(errno, ==, ETIMEDOUT);
	g_assert_cmpint(cgroup_dir_open(folder.path), ==, -1);
	g_assert_cmpint(errno, ==, ENOTSUP);
	folder_done(&folder);
}

struct machine {
	const char *controllers, *proc_cgroups;
	bool is_root;
	const char *cause, *cure;
};

#define TITLE "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"

static const struct machine machines[] = {
	{"cpu io memory pids cpuset", "", false, NULL, NULL},
	{"", TITLE "memory\t4\t17\t1\n", true, "cgroup v1 only",
	 "systemd.unified_cgroup_hierarchy=1"},
	{"pids", TITLE "memory\t0\t1\t0\n", true, "switched off", "cgroup_enable=memory"},
	{"pids", TITLE "pids\t0\t1\t1\n", true, "this kernel does not have", "kernel"},
	{"pids", TITLE "memory\t0\t1\t1\n", false, "which /the/path does not have",
	 "/etc/systemd/system/user@.service.d/delegate.conf"},
	{NULL, NULL, false, "'memory'", "Delegate=cpu cpuset io memory pids"},
};

static void test_missing_controllers(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(machines); i++) {
		const struct machine *machine = &machines[i];
		struct limits limits = parse("memory=64m");
		g_autoptr(GError) error = NULL;
		struct folder folder;

		folder_init(&folder, NULL);
		if (machine->controllers)
			folder_set(&folder, "cgroup.controllers", machine->controllers);
		if (machine->proc_cgroups)
			folder_set(&folder, "cgroups", machine->proc_cgroups);
		if (!machine->is_root)
			folder_set(&folder, "cgroup.events", "");
		bool fits =
			cgroup_tree_check(folder.dir, "/the/path", folder.path, &limits, &error);
		g_assert_true(fits == !machine->cause);
		if (machine->cause) {
			g_assert_nonnull(strstr(error->message, "--memory"));
			g_assert_nonnull(strstr(error->message, machine->cause));
			g_assert_nonnull(strstr(failure_cure(error), machine->cure));
		}
		folder_done(&folder);
	}
}

/* The controller io is blkio there. */
static void test_missing_io(void)
{
	struct limits limits = parse("io-weight=10");
	g_autoptr(GError) error = NULL;
	struct folder folder;

	folder_init(&folder, NULL);
	folder_set(&folder, "cgroups", TITLE "blkio\t7\t1\t1\n");
	g_assert_false(cgroup_tree_check(folder.dir, "/x", folder.path, &limits, &error));
	g_assert_nonnull(strstr(error->message, "'io'"));
	g_assert_nonnull(strstr(error->message, "cgroup v1 only"));
	folder_done(&folder);
}

static void test_stats(void)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	struct folder folder, inner;

	folder_init(&inner, NULL);
	folder_set(&inner, "pids.events", "max 5\n");
	folder_init(&folder, NULL);
	folder_set(&folder, "pids.events", "max 0\n");
	folder_set(&folder, "memory.current", "4096\n");
	folder_set(&folder, "memory.max", "max\n");
	folder_set(&folder, "memory.events", "oom 1\noom_kill 2\n");
	folder_set(&folder, "cpu.max", "max 100000\n");
	folder_set(&folder, "cpuset.cpus.effective", "0\n");
	folder_set(&folder, "cpu.pressure", "some avg10=0.50 total=12\nfull avg10=0.00 total=0\n");
	folder_set(&folder, "pids.current", "3\n");
	folder_set(&folder, "io.stat", "8:0 rbytes=1 wbytes=2\n7:1 \n");
	json_builder_begin_object(builder);
	cgroup_stats_add(folder.dir, inner.dir, builder);
	json_builder_end_object(builder);
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	g_autofree char *text = json_to_string(root, FALSE);
	g_assert_cmpstr(text, ==,
			"{\"memory\":{\"current_bytes\":4096,\"max_bytes\":null,"
			"\"events\":{\"oom\":1,\"oom_kill\":2}},"
			"\"cpu\":{\"max\":\"max 100000\",\"cpus\":\"0\","
			"\"pressure\":{\"some\":{\"avg10\":0.5,\"total\":12},"
			"\"full\":{\"avg10\":0.0,\"total\":0}}},"
			"\"pids\":{\"current\":3,\"events\":{\"max\":5}},"
			"\"io\":{\"stat\":[{\"device\":\"8:0\",\"rbytes\":1,\"wbytes\":2},"
			"{\"device\":\"7:1\"}]}}");
	folder_done(&inner);
	folder_done(&folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cgroup/write", test_write);
	g_test_add_func("/cgroup/write-lifted", test_write_lifted);
	g_test_add_func("/cgroup/no-swap-accounting", test_no_swap_accounting);
	g_test_add_func("/cgroup/io-weight", test_io_weight);
	g_test_add_func("/cgroup/cpuset", test_cpuset);
	g_test_add_func("/cgroup/readings", test_readings);
	g_test_add_func("/cgroup/missing-controllers", test_missing_controllers);
	g_test_add_func("/cgroup/missing-io", test_missing_io);
	g_test_add_func("/cgroup/stats", test_stats);
	return g_test_run();
}
