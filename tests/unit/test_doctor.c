/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_doctor - findings on hosts that the test makes of files */
#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "src/ctl/doctor_files.h"
#include "src/ctl/finding.h"

struct fixture {
	char *root;
	struct doctor_host host;
	GPtrArray *findings;
};

static void put(const struct fixture *fixture, const char *path, const char *text)
{
	g_autofree char *full = g_strconcat(fixture->root, path, NULL);
	g_autofree char *folder = g_path_get_dirname(full);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
	g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

static void set_up(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	fixture->root = g_dir_make_tmp("doctor-XXXXXX", NULL);
	fixture->host = (struct doctor_host){
		.root = fixture->root, .uid = 1000, .gid = 1000, .user = "ann"};
	fixture->findings = finding_list_new();
	put(fixture, "/etc/passwd", "root:x:0:0::/:\nann:x:1000:1000::/:\nbob:x:1001:1001::/:\n");
	put(fixture, "/etc/subuid", "ann:100000:65536\n1001:165536:65536\n");
	put(fixture, "/etc/subgid", "ann:100000:65536\n");
	put(fixture, "/dev/net/tun", "");
}

static void tear_down(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", fixture->root);

	g_ptr_array_unref(fixture->findings);
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(fixture->root);
}

/* The level and text of all findings on a subject, in one string. */
static char *look(struct fixture *fixture, const char *subject)
{
	GString *text = g_string_new(NULL);

	g_ptr_array_set_size(fixture->findings, 0);
	doctor_check_files(&fixture->host, fixture->findings);
	for (guint i = 0; i < fixture->findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(fixture->findings, i);
		if (g_str_equal(finding->subject, subject))
			g_string_append_printf(text, "%s %s;", finding_level_name(finding->level),
					       finding->text);
		g_assert_true(finding->level != FINDING_PROBLEM || finding->cure);
	}
	return g_string_free(text, FALSE);
}

static void assert_finding(struct fixture *fixture, const char *subject, const char *start)
{
	g_autofree char *text = look(fixture, subject);

	if (!g_str_has_prefix(text, start))
		g_error("%s: '%s' does not begin with '%s'", subject, text, start);
}

static void test_fit(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	put(fixture, "/proc/sys/net/ipv4/ping_group_range", "0\t2147483647\n");
	put(fixture, "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0\n");
	assert_finding(fixture, "subuid", "ok grants you 65536 ids");
	assert_finding(fixture, "subgid", "ok grants you 65536 ids");
	assert_finding(fixture, "ping", "ok");
	assert_finding(fixture, "low ports", "ok");
	assert_finding(fixture, "/dev/net/tun", "ok");
	assert_finding(fixture, "user namespaces", "");
}

static void test_knobs(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	put(fixture, "/proc/sys/user/max_user_namespaces", "0\n");
	assert_finding(fixture, "user namespaces", "problem user.max_user_namespaces is 0");
	put(fixture, "/proc/sys/net/ipv4/ping_group_range", "1\t0\n");
	assert_finding(fixture, "ping", "note net.ipv4.ping_group_range (1 to 0)");
	put(fixture, "/proc/sys/net/ipv4/ip_unprivileged_port_start", "1024\n");
	assert_finding(fixture, "low ports", "note host ports below 1024");
}

static void test_no_subids(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	put(fixture, "/etc/subuid", "bob:100000:65536\njunk\nann:x:1\nann:1:0\n");
	assert_finding(fixture, "subuid", "note grants you nothing");
}

static void test_shared_subids(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	put(fixture, "/etc/subuid", "ann:100000:65536\nbob:150000:65536\n");
	assert_finding(fixture, "subuid", "problem ann and bob have ids from 150000 on in common");
	put(fixture, "/etc/subuid", "ann:100000:65536\n1000:150000:65536\nbob:215536:10\n");
	assert_finding(fixture, "subuid", "ok");
}

static void test_accounts_among_subids(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	put(fixture, "/etc/subuid", "ann:1001:10\n");
	assert_finding(fixture, "subuid",
		       "problem the range of ann holds the ids of 1 accounts, such as bob, 1001");
}

static void test_helper_without_power(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	assert_finding(fixture, "newuidmap", "note it is not there");
	put(fixture, "/usr/bin/newuidmap", "");
	g_autofree char *path = g_strconcat(fixture->root, "/usr/bin/newuidmap", NULL);
	g_assert_cmpint(g_chmod(path, 0755), ==, 0);
	assert_finding(fixture, "newuidmap", "problem /usr/bin/newuidmap is neither");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
	g_test_add("/doctor/" name, struct fixture, NULL, set_up, function, tear_down)
	ADD("fit", test_fit);
	ADD("knobs", test_knobs);
	ADD("no-subids", test_no_subids);
	ADD("shared-subids", test_shared_subids);
	ADD("accounts-among-subids", test_accounts_among_subids);
	ADD("helper-without-power", test_helper_without_power);
#undef ADD
	return g_test_run();
}
