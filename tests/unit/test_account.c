/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_account - --user against files of our own making */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "launcher/account.h"
#include "launcher/idmap.h"
#include "src/failure.h"

static char passwd_text[] = "root:x:0:0:root:/root:/bin/sh\n"
			    "daemon:x:1:1::/usr/sbin:/bin/sh\n"
			    "junk\n"
			    ":x:3:3::/:/bin/sh\n"
			    "broken:x:abc:1::/:/bin/sh\n"
			    "broken:x:5:-1::/:/bin/sh\n"
			    "short:x:6:6\n"
			    "web:x:33:33:Web,,,:/var/www:/bin/sh\n"
			    "homeless:x:34:33::srv:/bin/sh\n"
			    "web:x:99:99::/second:/bin/sh\n"
			    "high:x:70000:33::/:/bin/sh\n"
			    "+::::::\n"
			    "last:x:40:41::/last:/bin/sh:more";
static char group_text[] = "root:x:0:\n"
			   "web:x:33:\n"
			   "audio:x:29:root,web\n"
			   "video:x:44:webmaster,we,eb\n"
			   "junk:x:x:web\n"
			   "adm:x:4:web,web\n"
			   "again:x:29:web\n"
			   "high:x:70000:web\n"
			   "own:x:33:web\n"
			   "end:x:7:daemon,web";

static const struct idmap full = {
	.uid.extents = {1, {{0, 100000, 65536}}},
	.gid.extents = {1, {{0, 100000, 65536}}},
};
static const struct idmap single = {
	.uid.extents = {1, {{0, 1000, 1}}},
	.gid.extents = {1, {{0, 1000, 1}}},
	.single = true,
};

static char *groups_of(const struct account *account)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < account->groups->len; i++)
		g_string_append_printf(text, "%s%u", i ? " " : "",
				       g_array_index(account->groups, gid_t, i));
	return g_string_free(text, FALSE);
}

static char *describe(const struct account *account)
{
	g_autofree char *groups = groups_of(account);

	return g_strdup_printf("%u:%u %s %s [%s]", account->uid, account->gid,
			       account->name ? account->name : "-", account->home, groups);
}

static void test_found(void)
{
	static const struct {
		const char *spec, *expected;
	} cases[] = {
		{NULL, "0:0 root /root [0]"},
		{"root", "0:0 root /root [0 29]"},
		{"0", "0:0 root /root [0 29]"},
		{"web", "33:33 web /var/www [33 29 4 7]"},
		{"33", "33:33 web /var/www [33 29 4 7]"},
		{"web:audio", "33:29 web /var/www [29]"},
		{"web:0", "33:0 web /var/www [0]"},
		{"33:1234", "33:1234 web /var/www [1234]"},
		{"1234", "1234:0 - / [0]"},
		{"1234:video", "1234:44 - / [44]"},
		{"homeless", "34:33 homeless / [33]"},
		{"last", "40:41 last /last [41]"},
		{"5", "5:0 - / [0]"},
	};
	const struct account_files files = {passwd_text, group_text};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct account account;
		g_autoptr(GError) error = NULL;
		account_resolve_from(&files, cases[i].spec, &full, &account, &error);
		g_assert_no_error(error);
		g_autofree char *text = describe(&account);
		g_assert_cmpstr(text, ==, cases[i].expected);
		account_done(&account);
	}
}

static void refuse(const struct account_files *files, const char *spec, const struct idmap *idmap,
		   const char *cause, const char *cure)
{
	struct account account;
	g_autoptr(GError) error = NULL;

	g_assert_false(account_resolve_from(files, spec, idmap, &account, &error));
	g_assert_nonnull(error);
	if (!strstr(error->message, cause) || !failure_cure(error) ||
	    !strstr(failure_cure(error), cure))
		g_error("'%s' gave: %s", spec, error->message);
}

static void test_refused(void)
{
	const struct account_files files = {passwd_text, group_text}, none = {NULL, NULL};

	refuse(&files, "nobody", &full, "unknown user 'nobody': /etc/passwd has no", "number");
	refuse(&files, "broken", &full, "unknown user 'broken'", "number");
	refuse(&files, "short", &full, "unknown user 'short'", "number");
	refuse(&files, "web:nogroup", &full, "unknown group 'nogroup': /etc/group has no",
	       "number");
	refuse(&none, "web", &full, "/etc/passwd is not there or is no regular file", "number");
	refuse(&files, "70000", &full, "uid 70000 of --user is not mapped: the map has 0-65535",
	       "--uidmap");
	refuse(&files, "high", &full, "uid 70000 of --user", "--uidmap");
	refuse(&files, "0:70000", &full, "gid 70000 of --user", "--gidmap");
	refuse(&files, "web", &single, "uid 33 of --user is not mapped: the map has 0", "usermod");
	refuse(&files, "0:33", &single, "gid 33 of --user", "--add-subgids");
}

static void test_without_files(void)
{
	const struct account_files none = {NULL, NULL};
	struct account account;

	g_assert_true(account_resolve_from(&none, "7:8", &full, &account, NULL));
	g_autofree char *text = describe(&account);
	g_assert_cmpstr(text, ==, "7:8 - / [8]");
	account_done(&account);
	g_assert_true(account_resolve_from(&none, NULL, &single, &account, NULL));
	account_done(&account);
}

/* Root's groups are not mapped with a single id: none of them is missed. */
static void test_unmapped_groups(void)
{
	const struct account_files files = {passwd_text, group_text};
	struct account account;

	g_assert_true(account_resolve_from(&files, "root", &single, &account, NULL));
	g_autofree char *text = groups_of(&account);
	g_assert_cmpstr(text, ==, "0");
	account_done(&account);
}

static void test_grammar(void)
{
	static const char *const good[] = {"0", "www-data", "1:2", "a:b", "a:1", "4294967294"};
	static const char *const bad[] = {"",	 ":",	":1",  "1:",	      "1:2:3",
					  "a b", "a\n", "a,b", "99999999999", "4294967295"};

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(account_check(good[i], NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_false(account_check(bad[i], &error));
		g_assert_error(error, FAILURE, EINVAL);
		g_assert_nonnull(failure_cure(error));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/account/found", test_found);
	g_test_add_func("/account/refused", test_refused);
	g_test_add_func("/account/without-files", test_without_files);
	g_test_add_func("/account/unmapped-groups", test_unmapped_groups);
	g_test_add_func("/account/grammar", test_grammar);
	return g_test_run();
}
