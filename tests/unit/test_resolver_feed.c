/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_resolver_feed - a resolv.conf that is written, replaced, or led elsewhere */
#include "launcher/resolver_feed.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

struct fixture {
	struct resolver_feed *feed;
	char *folder, *path;
	char *told; /* what came last, or NULL */
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

static void on_text(const char *text, void *opaque)
{
	struct fixture *f = opaque;

	g_free(f->told);
	f->told = g_strdup(text);
	g_assert_cmpstr(text, ==, resolver_feed_text(f->feed));
}

static void start(struct fixture *f)
{
	f->feed = resolver_feed_new(f->path, on_text, f);
	g_assert_nonnull(f->feed);
	g_assert_cmpint(resolver_feed_fd(f->feed), >=, 0);
}

static void fixture_init(struct fixture *f)
{
	f->folder = g_dir_make_tmp("netns-run-XXXXXX", NULL);
	f->path = file(f, "resolv.conf");
}

static void fixture_done(struct fixture *f)
{
	static const char *const names[] = {"resolv.conf",     "new", "one/resolv.conf", "one",
					    "two/resolv.conf", "two"};

	resolver_feed_free(f->feed);
	g_free(f->told);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = file(f, names[i]);
		g_remove(path);
	}
	g_rmdir(f->folder);
	g_free(f->folder);
	g_free(f->path);
}

/* wanted: the servers that are told of since the last time, with spaces; NULL: nothing is told. */
static void assert_told(struct fixture *f, const char *wanted)
{
	g_autoptr(GString) text = g_string_new(NULL);

	while (g_main_context_iteration(NULL, FALSE))
		;
	g_auto(GStrv) servers = g_strsplit(wanted ? wanted : "", " ", -1);
	for (char **server = servers; *server; server++)
		g_string_append_printf(text, "nameserver %s\n", *server);
	g_assert_cmpstr(f->told, ==, wanted ? text->str : NULL);
	g_clear_pointer(&f->told, g_free);
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
	/* What it says besides. */
	write_file(&f, "resolv.conf",
		   "# by hand\nnameserver 192.0.2.2\nsearch a.test\nnameserver 2001:db8::2\n");
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

/* What no file of the kind has: it must fit into a message, and be text. */
static void test_nonsense(void)
{
	struct fixture f = {0};
	GString *text = g_string_new("options edns0 \xff\xfe\nnameservers 192.0.2.1\nname");

	for (int i = 0; i < 1000; i++)
		g_string_append_printf(text, "\nnameserver 192.0.2.%d", i % 250);
	fixture_init(&f);
	write_file(&f, "resolv.conf", text->str);
	g_autofree char *read = resolver_feed_read(f.path, NULL);
	g_assert_true(g_utf8_validate(read, -1, NULL));
	g_assert_true(g_str_has_prefix(read, "options edns0"));
	g_assert_null(strstr(read, "nameservers"));
	g_assert_nonnull(strstr(read, "\nnameserver 192.0.2.0\n"));
	g_assert_cmpuint(strlen(read), <=, 4096);
	g_assert_true(g_str_has_suffix(read, "\n"));
	g_string_free(text, TRUE);
	g_autofree char *nowhere = resolver_feed_read("/nowhere/resolv.conf", NULL);
	g_assert_cmpstr(nowhere, ==, "");
	g_assert_null(resolver_feed_text(NULL));
	fixture_done(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/resolver_feed/written", test_written);
	g_test_add_func("/resolver_feed/replaced", test_replaced);
	g_test_add_func("/resolver_feed/link", test_link);
	g_test_add_func("/resolver_feed/appears", test_appears);
	g_test_add_func("/resolver_feed/nonsense", test_nonsense);
	return g_test_run();
}
