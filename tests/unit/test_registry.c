/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_registry - unit tests of plugins/registry.c */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "plugins/registry.h"
#include "src/failure.h"

#define LONG_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct fixture {
	char *runtime_dir;
};

static void set_up(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	fixture->runtime_dir = g_dir_make_tmp("registry-XXXXXX", NULL);
	g_setenv("XDG_RUNTIME_DIR", fixture->runtime_dir, TRUE);
}

/* Also the proof that nothing is left: these are empty. */
static void tear_down(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *base = g_build_filename(fixture->runtime_dir, "netns-run", NULL);

	g_assert_true(g_rmdir(base) == 0 || errno == ENOENT);
	g_assert_cmpint(g_rmdir(fixture->runtime_dir), ==, 0);
	g_free(fixture->runtime_dir);
}

static void write_state(struct state_dir *state, const struct registry_key *key)
{
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	JsonObject *object = json_object_new();

	json_object_set_member(object, REGISTRY_MEMBER, registry_describe(key));
	json_node_take_object(root, object);
	g_autofree char *text = json_to_string(root, FALSE);
	if (!state_dir_write(state, text, NULL))
		_exit(1);
}

/* A helper that serves a network, or has got half-way, until it is ended. */
static pid_t start_helper(const struct registry_key *key, bool is_ready)
{
	int ready[2];
	char byte;

	g_assert_cmpint(pipe(ready), ==, 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct state_dir *state = registry_add(key, NULL);
		if (!state)
			_exit(1);
		if (is_ready)
			write_state(state, key);
		if (write(ready[1], "1", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
	close(ready[0]);
	return pid;
}

static void assert_name(const char *owner, const char *id, const char *ifname, const char *expected)
{
	const struct registry_key key = {owner, id, ifname};
	g_autofree char *name = registry_name(&key);

	g_assert_true(g_regex_match_simple(expected, name, 0, 0));
	g_assert_true(state_name_check(name, NULL));
}

static void test_names(void)
{
	const struct registry_key a = {"cni", "a", "b-c"}, b = {"cni", "a-b", "c"};
	g_autofree char *name_a = registry_name(&a);
	g_autofree char *name_b = registry_name(&b);

	assert_name("oci", "web", NULL, "^oci-web$");
	assert_name("oci", LONG_ID, NULL, "^oci-0123456789ab-[0-9a-f]{12}$");
	assert_name("oci", "a+b", NULL, "^oci-a_b-[0-9a-f]{12}$");
	assert_name("oci", "../x\n", NULL, "^oci-\\.\\._x_-[0-9a-f]{12}$");
	assert_name("oci", "", NULL, "^oci-");
	assert_name("cni", LONG_ID, "eth0", "^cni-0123456789ab-[0-9a-f]{12}$");
	g_assert_cmpstr(name_a, !=, name_b);
}

static void test_life(struct fixture *fixture G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
	const struct registry_key key = {"cni", LONG_ID, "eth0"}, other = {"cni", LONG_ID, "eth1"};
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) gone = NULL;
	pid_t pid = start_helper(&key, true);

	g_assert_null(registry_add(&key, &error));
	g_assert_error(error, FAILURE, EEXIST);
	g_assert_nonnull(strstr(error->message, LONG_ID " eth0"));
	g_autoptr(JsonObject) state = registry_read(&key, NULL);
	g_assert_nonnull(json_object_get_object_member(state, REGISTRY_MEMBER));
	g_assert_true(registry_end(&other, NULL));
	g_assert_cmpint(waitpid(pid, NULL, WNOHANG), ==, 0);
	g_assert_true(registry_end(&key, NULL));
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
	g_assert_null(registry_read(&key, &gone));
	g_assert_error(gone, FAILURE, ENOENT);
}

/* It has a name already, but no state. */
static void test_half_way(struct fixture *fixture G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
	const struct registry_key key = {"oci", "web", NULL};
	g_autoptr(GError) error = NULL;
	pid_t pid = start_helper(&key, false);

	g_assert_null(registry_read(&key, &error));
	g_assert_error(error, FAILURE, EAGAIN);
	g_assert_true(registry_end(&key, NULL));
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

static void test_killed(struct fixture *fixture G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
	const struct registry_key key = {"oci", "web", NULL};
	pid_t pid = start_helper(&key, true);

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	g_assert_true(registry_end(&key, NULL));
}

static void test_nothing(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	const struct registry_key key = {"oci", "web", NULL};
	g_autofree char *base = g_build_filename(fixture->runtime_dir, "netns-run", NULL);

	g_assert_true(registry_end(&key, NULL));
	g_assert_false(g_file_test(base, G_FILE_TEST_EXISTS));
}

static void test_list(struct fixture *fixture G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
	const struct registry_key keys[] = {
		{"cni", "a", "eth0"}, {"cni", "a", "eth1"}, {"oci", "a", NULL}};
	pid_t pids[G_N_ELEMENTS(keys)];

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		pids[i] = start_helper(&keys[i], true);
	g_autoptr(GPtrArray) entries = registry_list("cni", NULL);
	g_assert_cmpint(entries->len, ==, 2);
	for (guint i = 0; i < entries->len; i++) {
		const struct registry_entry *entry = g_ptr_array_index(entries, i);
		g_assert_cmpstr(entry->id, ==, "a");
		g_assert_true(g_str_has_prefix(entry->ifname, "eth"));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_assert_true(registry_end(&keys[i], NULL));
		waitpid(pids[i], NULL, 0);
	}
	g_autoptr(GPtrArray) none = registry_list("cni", NULL);
	g_assert_cmpint(none->len, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/registry/names", test_names);
#define ADD(name, function)                                                                        \
	g_test_add("/registry/" name, struct fixture, NULL, set_up, function, tear_down)
	ADD("life", test_life);
	ADD("half-way", test_half_way);
	ADD("killed", test_killed);
	ADD("nothing", test_nothing);
	ADD("list", test_list);
#undef ADD
	return g_test_run();
}
