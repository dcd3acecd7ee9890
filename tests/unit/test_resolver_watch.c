/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_resolver_watch - a resolv.conf that is written, replaced, or led elsewhere */
#include "forwarder/resolver_watch.h"

#include <stdio.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gstdio.h>

#include "src/fdpass.h"
#include "src/handoff_message.h"
#include "tests/unit/descriptors.h"

struct fixture {
	struct descriptors_pair pair;
	struct notifier *notifier;
	struct watch *watch;
	struct resolver_watch *resolver;
	char *folder, *path;
};

static char *file(const struct fixture *f, const char *name)
{
	return g_build_filename(f->folder, name, NULL);
}

static void write_file(const struct fixture *f, const char *name, const char *text)
{
	g_autofree char *path = file(f, name);
	FILE *stream = fopen(path, "w");

	g_assert_nonnull(stream);
	fputs(text, stream);
	fclose(stream);
}

static void start(struct fixture *f)
{
	f->resolver = resolver_watch_new(f->path, f->watch, f->notifier);
	g_assert_nonnull(f->resolver);
}

static void fixture_init(struct fixture *f)
{
	g_main_context_default();
	descriptors_pair_init(&f->pair);
	g_unix_set_fd_nonblocking(f->pair.from, TRUE, NULL);
	f->notifier = notifier_new(f->pair.to);
	f->watch = watch_new(NULL);
	f->folder = g_dir_make_tmp("netns-run-XXXXXX", NULL);
	f->path = file(f, "resolv.conf");
}

static void fixture_done(struct fixture *f)
{
	static const char *const names[] = {"resolv.conf",     "new", "one/resolv.conf", "one",
					    "two/resolv.conf", "two"};

	close(resolver_watch_free(f->resolver));
	watch_free(f->watch);
	notifier_free(f->notifier);
	descriptors_pair_done(&f->pair);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = file(f, names[i]);
		g_remove(path);
	}
	g_rmdir(f->folder);
	g_free(f->folder);
	g_free(f->path);
}

/* The name servers of the next event, with spaces; NULL when nothing was told. */
static char *take(struct fixture *f)
{
	int fds[FDPASS_MAX_FDS];
	size_t n_fds;
	GString *text = g_string_new(NULL);

	while (g_main_context_iteration(NULL, FALSE))
		;
	g_autoptr(JsonNode) root = handoff_message_receive(f->pair.from, fds, &n_fds, NULL);
	if (!root) {
		g_string_free(text, TRUE);
		return NULL;
	}
	JsonObject *object = json_node_get_object(root);
	g_assert_cmpstr(json_object_get_string_member(object, "event"), ==, "resolver-changed");
	JsonArray *list = json_object_get_array_member(object, "nameservers");
	for (guint i = 0; i < json_array_get_length(list); i++)
		g_string_append_printf(text, "%s%s", i ? " " : "",
				       json_array_get_string_element(list, i));
	return g_string_free(text, FALSE);
}

static void assert_told(struct fixture *f, const char *wanted)
{
	g_autofree char *told = take(f);

	g_assert_cmpstr(told, ==, wanted);
}

static void test_written(void)
{
	struct fixture f = {0};

	fixture_init(&f);
	write_file(&f, "resolv.conf", "nameserver 192.0.2.1\n");
	start(&f);
	assert_told(&f, NULL);
	write_file(&f, "resolv.conf", "nameserver 192.0.2.2\nnameserver 2001:db8::2\n");
	assert_told(&f, "192.0.2.2 2001:db8::2");
	/* A second one of a family is not asked. */
	write_file(&f, "resolv.conf",
		   "nameserver 192.0.2.2\nnameserver 2001:db8::2\nnameserver 192.0.2.9\n");
	assert_told(&f, NULL);
	write_file(&f, "other", "nameserver 192.0.2.3\n");
	assert_told(&f, NULL);
	g_autofree char *other = file(&f, "other");
	g_remove(other);
	fixture_done(&f);
}

static void test_replaced(void)
{
	struct fixture f = {0};

	fixture_init(&f);
	write_file(&f, "resolv.conf", "nameserver 192.0.2.1\n");
	start(&f);
	for (int i = 0; i < 3; i++) {
		g_autofree char *text = g_strdup_printf("nameserver 192.0.2.1%d\n", i);
		g_autofree char *address = g_strdup_printf("192.0.2.1%d", i);
		g_autofree char *new = file(&f, "new");
		write_file(&f, "new", text);
		g_assert_cmpint(rename(new, f.path), ==, 0);
		assert_told(&f, address);
	}
	fixture_done(&f);
}

static void make_folder(const struct fixture *f, const char *name, const char *address)
{
	g_autofree char *folder = file(f, name);
	g_autofree char *inner = g_build_filename(name, "resolv.conf", NULL);
	g_autofree char *text = g_strdup_printf("nameserver %s\n", address);

	g_mkdir(folder, 0700);
	write_file(f, inner, text);
}

/* As systemd-resolved and resolvconf have it. */
static void test_link(void)
{
	struct fixture f = {0};

	fixture_init(&f);
	make_folder(&f, "one", "192.0.2.1");
	make_folder(&f, "two", "192.0.2.2");
	g_assert_cmpint(symlink("one/resolv.conf", f.path), ==, 0);
	start(&f);
	make_folder(&f, "one", "192.0.2.11");
	assert_told(&f, "192.0.2.11");
	g_autofree char *new = file(&f, "new");
	g_assert_cmpint(symlink("two/resolv.conf", new), ==, 0);
	g_assert_cmpint(rename(new, f.path), ==, 0);
	assert_told(&f, "192.0.2.2");
	make_folder(&f, "two", "192.0.2.22");
	assert_told(&f, "192.0.2.22");
	fixture_done(&f);
}

static void test_appears(void)
{
	struct fixture f = {0};

	fixture_init(&f);
	start(&f);
	assert_told(&f, NULL);
	write_file(&f, "resolv.conf", "nameserver 192.0.2.1\n");
	assert_told(&f, "192.0.2.1");
	g_remove(f.path);
	assert_told(&f, NULL);
	write_file(&f, "resolv.conf", "nameserver 192.0.2.2\n");
	assert_told(&f, "192.0.2.2");
	fixture_done(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/resolver_watch/written", test_written);
	g_test_add_func("/resolver_watch/replaced", test_replaced);
	g_test_add_func("/resolver_watch/link", test_link);
	g_test_add_func("/resolver_watch/appears", test_appears);
	return g_test_run();
}
