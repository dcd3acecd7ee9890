/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_egress_rule - the grammar of egress rules, and the sets that they form */
#include "src/egress_rule.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "src/autoclose.h"
#include "src/egress_set.h"
#include "src/failure.h"

static void assert_printed(const char *text, const char *expected)
{
	g_autoptr(GError) error = NULL;
	struct egress_rule *rule = egress_rule_parse(EGRESS_ALLOW, text, &error);

	g_assert_no_error(error);
	g_autofree char *printed = egress_rule_to_string(rule);
	g_assert_cmpstr(printed, ==, expected);
	struct egress_rule *again = egress_rule_parse(EGRESS_ALLOW, printed, NULL);
	g_assert_true(egress_rule_equal(rule, again));
	egress_rule_free(again);
	egress_rule_free(rule);
}

static void test_accepted(void)
{
	static const char *const texts[][2] = {
		{"192.0.2.1", NULL},
		{"192.0.2.1/32", "192.0.2.1"},
		{"tcp:192.0.2.0/24:80-90", NULL},
		{"192.0.2.0/24:80-80", "192.0.2.0/24:80"},
		{"0.0.0.0/0", NULL},
		{"2001:db8::1", NULL},
		{"[2001:db8::1]", "2001:db8::1"},
		{"[2001:db8::1]:443", NULL},
		{"udp:[2001:db8::/32]:53", NULL},
		{"2001:db8::/32", NULL},
		{"fd00::1:80", "fd00::1:80"},
		{"icmp:192.0.2.1", NULL},
		{"example.com", NULL},
		{"Example.COM.", "example.com"},
		{"db", NULL},
		{"_srv.x-y.example", NULL},
		{"3com.com", NULL},
		{"*.example.com:443", NULL},
		{"tcp:gitlab.corp@private:22", NULL},
		{"*.corp@private", NULL},
		{"@private", NULL},
		{"@metadata", NULL},
		{"tcp:@host:8080", NULL},
		{"*", NULL},
		{"*:443", NULL},
		{"icmp:*", NULL},
		{"UDP:dns.example:53", "udp:dns.example:53"},
		{"icmp.:22", NULL},
		{"tcp:udp.:53", "tcp:udp:53"},
		{"tcp.", "tcp"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		assert_printed(texts[i][0], texts[i][1] ? texts[i][1] : texts[i][0]);
}

static void test_refused(void)
{
	static const char *const texts[] = {
		"",
		":",
		":80",
		"tcp:",
		"uDp:4",
		"192.0.2.1:0",
		"192.0.2.1:65536",
		"192.0.2.1:80-70",
		"192.0.2.1:80-",
		"192.0.2.1:",
		"192.0.2.300",
		"192.0.2",
		"192.0.2.1/33",
		"192.0.2.1/24",
		"[192.0.2.1]:80",
		"[2001:db8::1",
		"2001:db8::1]:80",
		"[2001:db8::1]80",
		"::ffff:192.0.2.1",
		"icmp:192.0.2.1:80",
		"sctp:192.0.2.1",
		"@privat",
		"@",
		"*.",
		"*.*.example.com",
		"ex*mple.com",
		"*example.com",
		"-x.example",
		"a..b",
		".example",
		"example.com:http",
		"exa mple.com",
		"m\xc3\xbcller.example",
		"example.com@metadata",
		"allow example.com",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		struct egress_rule *rule = egress_rule_parse(EGRESS_ALLOW, texts[i], &error);

		g_test_message("%s", texts[i]);
		g_assert_null(rule);
		g_assert_error(error, FAILURE, error->code);
		g_assert_null(strchr(failure_cure(error) ? failure_cure(error) : "", '\n'));
	}
}

static void test_deny_is_no_trust(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(egress_rule_parse(EGRESS_DENY, "example.com@private", &error));
	g_assert_error(error, FAILURE, EINVAL);
}

static void test_lengths(void)
{
	g_autofree char *label = g_strnfill(63, 'a'), *long_label = g_strnfill(64, 'a');
	g_autofree char *name = g_strjoin(".", label, label, label, NULL);
	g_autofree char *longest = g_strdup_printf("%s.%.61s", name, label);
	g_autofree char *too_long = g_strdup_printf("%s.%.62s", name, label);

	g_assert_cmpuint(strlen(longest), ==, 253);
	assert_printed(label, label);
	assert_printed(longest, longest);
	g_assert_null(egress_rule_parse(EGRESS_ALLOW, long_label, NULL));
	g_assert_null(egress_rule_parse(EGRESS_ALLOW, too_long, NULL));
}

static void test_fits(void)
{
	struct egress_rule *rule = egress_rule_parse(EGRESS_ALLOW, "192.0.2.1:80-82", NULL);

	g_assert_true(egress_rule_fits(rule, IPPROTO_TCP, true, 80));
	g_assert_true(egress_rule_fits(rule, IPPROTO_UDP, true, 82));
	g_assert_false(egress_rule_fits(rule, IPPROTO_TCP, true, 83));
	g_assert_false(egress_rule_fits(rule, IPPROTO_ICMP, false, 0));
	g_assert_false(egress_rule_fits(rule, IPPROTO_SCTP, false, 0));
	/* A fragment may be of any port. */
	g_assert_false(egress_rule_fits(rule, IPPROTO_UDP, false, 0));
	rule->action = EGRESS_DENY;
	g_assert_true(egress_rule_fits(rule, IPPROTO_UDP, false, 0));
	egress_rule_free(rule);
	rule = egress_rule_parse(EGRESS_ALLOW, "tcp:192.0.2.1", NULL);
	g_assert_true(egress_rule_fits(rule, IPPROTO_TCP, false, 0));
	g_assert_false(egress_rule_fits(rule, IPPROTO_UDP, true, 80));
	egress_rule_free(rule);
}

static void test_presets(void)
{
	static const struct {
		const char *address;
		bool is_private, is_metadata;
	} cases[] = {
		{"10.255.0.1", true, false},	 {"11.0.0.1", false, false},
		{"172.31.255.255", true, false}, {"172.32.0.1", false, false},
		{"100.127.0.1", true, false},	 {"100.128.0.1", false, false},
		{"169.254.169.254", true, true}, {"169.254.1.1", true, false},
		{"fd00:ec2::254", true, true},	 {"fe80::1", true, false},
		{"2001:db8::1", false, false},	 {"100.100.100.200", true, true},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct ip_address address;

		g_assert_true(ip_address_parse(cases[i].address, &address, NULL));
		g_assert_true(egress_preset_contains(EGRESS_PRIVATE, &address) ==
			      cases[i].is_private);
		g_assert_true(egress_preset_contains(EGRESS_METADATA, &address) ==
			      cases[i].is_metadata);
	}
}

static void test_embedded(void)
{
	static const char *const texts[] = {"::ffff:10.1.2.3", "64:ff9b::10.1.2.3",
					    "64:ff9b:1::10.1.2.3", "2002:0a01:0203::1"};
	struct ip_address address, v4, expected;

	g_assert_true(ip_address_parse("10.1.2.3", &expected, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_assert_true(ip_address_parse(texts[i], &address, NULL));
		g_assert_true(egress_address_embedded(&address, &v4));
		g_assert_true(ip_address_equal(&v4, &expected));
	}
	g_assert_true(ip_address_parse("2001:db8::1", &address, NULL));
	g_assert_false(egress_address_embedded(&address, &v4));
	g_assert_false(egress_address_embedded(&expected, &v4));
}

/* --- sets --- */

static unsigned add(struct egress_set *set, enum egress_action action, const char *text)
{
	g_assert_true(egress_set_add(set, egress_rule_parse(action, text, NULL), 0, NULL));
	return set->last_id;
}

static char *list(const struct egress_set *set)
{
	GString *text = g_string_new(egress_action_name(set->fallback));

	for (guint i = 0; i < set->rules->len; i++) {
		const struct egress_rule *rule = set->rules->pdata[i];
		g_autofree char *printed = egress_rule_to_string(rule);
		g_string_append_printf(text, " %u:%s%s", rule->id,
				       rule->action == EGRESS_DENY ? "!" : "", printed);
	}
	return g_string_free(text, FALSE);
}

static void assert_list(const struct egress_set *set, const char *expected)
{
	g_autofree char *text = list(set);

	g_assert_cmpstr(text, ==, expected);
}

static void test_order(void)
{
	struct egress_set *set = egress_set_new();
	g_autoptr(GError) error = NULL;

	g_assert_true(egress_set_is_open(set));
	add(set, EGRESS_ALLOW, "a.example");
	g_assert_true(egress_set_is_open(set));
	add(set, EGRESS_DENY, "b.example");
	g_assert_false(egress_set_is_open(set));
	g_assert_true(egress_set_take_text(set, "# first\ndefault deny\n\nallow c.example # why\n",
					   &error));
	g_assert_no_error(error);
	assert_list(set, "deny 1:a.example 2:!b.example 3:c.example");
	add(set, EGRESS_ALLOW, "d.example");
	g_assert_true(
		egress_set_add(set, egress_rule_parse(EGRESS_DENY, "e.example", NULL), 1, NULL));
	assert_list(set, "deny 5:!e.example 1:a.example 2:!b.example 4:d.example 3:c.example");
	g_assert_false(
		egress_set_add(set, egress_rule_parse(EGRESS_DENY, "f.example", NULL), 3, &error));
	g_assert_error(error, FAILURE, ENOENT);
	egress_set_remove(set, 1);
	egress_set_remove(set, 77);
	assert_list(set, "deny 5:!e.example 2:!b.example 4:d.example 3:c.example");
	egress_set_free(set);
}

static void test_reload(void)
{
	struct egress_set *set = egress_set_new();
	g_autoptr(GError) error = NULL;

	add(set, EGRESS_ALLOW, "a.example");
	g_assert_true(egress_set_take_text(set, "allow b.example\nallow c.example\n", NULL));
	g_assert_true(egress_set_take_text(set, "allow c.example\r\ndeny d.example\n", NULL));
	assert_list(set, "allow 1:a.example 3:c.example 4:!d.example");
	/* What is wrong changes nothing, and says where. */
	g_assert_false(egress_set_take_text(set, "allow x.example\nallow 1.2.3\n", &error));
	g_assert_true(g_str_has_prefix(error->message, "line 2: "));
	g_clear_error(&error);
	g_assert_false(egress_set_take_text(set, "permit x.example", &error));
	g_clear_error(&error);
	g_assert_false(egress_set_take_text(set, "allow", &error));
	g_clear_error(&error);
	g_assert_false(egress_set_take_text(set, "allow a b", &error));
	g_clear_error(&error);
	g_assert_false(egress_set_take_text(set, "default maybe", &error));
	assert_list(set, "allow 1:a.example 3:c.example 4:!d.example");
	set->is_fallback_fixed = true;
	g_assert_true(egress_set_take_text(set, "default deny", NULL));
	assert_list(set, "allow 1:a.example");
	egress_set_free(set);
}

static void test_file(void)
{
	struct egress_set *set = egress_set_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *path = NULL;
	autoclose int fd = g_file_open_tmp("egress-XXXXXX", &path, NULL);

	g_assert_true(g_file_set_contents(path, "deny 192.0.2.0/24\n", -1, NULL));
	g_assert_true(egress_set_take_file(set, path, &error));
	g_assert_cmpstr(set->file, ==, path);
	assert_list(set, "allow 1:!192.0.2.0/24");
	g_assert_true(g_file_set_contents(path, "deny x\0y", 8, NULL));
	g_assert_false(egress_set_take_file(set, path, &error));
	g_clear_error(&error);
	g_assert_true(g_file_set_contents(path, "deny 192.0.2.0/33\n", -1, NULL));
	g_assert_false(egress_set_take_file(set, path, &error));
	g_assert_true(g_str_has_prefix(error->message, path));
	g_clear_error(&error);
	g_unlink(path);
	g_assert_false(egress_set_take_file(set, path, &error));
	g_assert_nonnull(strstr(error->message, path));
	egress_set_free(set);
}

static char *many_rules(unsigned n)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < n; i++)
		g_string_append_printf(text, "deny h%u.example\n", i);
	return g_string_free(text, FALSE);
}

static void test_full(void)
{
	struct egress_set *set = egress_set_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *all = many_rules(EGRESS_RULES_MAX);
	g_autofree char *all_but_one = many_rules(EGRESS_RULES_MAX - 1);
	struct egress_rule *rule = egress_rule_parse(EGRESS_ALLOW, "a.example", NULL);

	g_assert_true(egress_set_take_text(set, all, &error));
	g_assert_false(egress_set_add(set, rule, 0, &error));
	g_assert_cmpint(error->code, ==, E2BIG);
	g_clear_error(&error);
	g_assert_cmpuint(set->rules->len, ==, EGRESS_RULES_MAX);
	g_assert_true(egress_set_take_text(set, all_but_one, &error));
	rule = egress_rule_parse(EGRESS_ALLOW, "a.example", NULL);
	g_assert_true(egress_set_add(set, rule, 0, &error));
	g_assert_false(egress_set_take_text(set, all, &error));
	g_assert_nonnull(failure_cure(error));
	g_assert_cmpuint(set->rules->len, ==, EGRESS_RULES_MAX);
	egress_set_free(set);
}

static void test_memory(void)
{
	struct egress_set *set = egress_set_new();
	g_autoptr(GError) error = NULL;

	set->fallback = EGRESS_DENY;
	set->pin_seconds = 7;
	for (unsigned i = 0; i < 3000; i++) {
		g_autofree char *text = g_strdup_printf("tcp:host-%u.example.com:443", i);
		add(set, i % 2 ? EGRESS_DENY : EGRESS_ALLOW, text);
	}
	g_assert_true(egress_set_take_text(set, "deny @private\n", NULL));
	set->file = g_strdup("/etc/rules");
	egress_set_remove(set, 2);
	g_autofree char *before = list(set);
	autoclose int fd = egress_set_to_fd(set, &error);
	g_assert_no_error(error);
	for (int i = 0; i < 2; i++) {
		struct egress_set *read = egress_set_from_fd(fd, &error);
		g_assert_no_error(error);
		assert_list(read, before);
		g_assert_cmpuint(read->last_id, ==, 3001);
		g_assert_cmpuint(read->pin_seconds, ==, 7);
		g_assert_cmpstr(read->file, ==, "/etc/rules");
		g_assert_true(((struct egress_rule *)read->rules->pdata[2999])->is_from_file);
		egress_set_free(read);
	}
	struct egress_set *copy = egress_set_copy(set);
	egress_set_free(set);
	assert_list(copy, before);
	egress_set_free(copy);
}

static void test_bad_memory(void)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{",
		"{\"default\":\"x\"}",
		"{\"last_id\":-1}",
		"{\"rules\":[1]}",
		"{\"rules\":[{}]}",
		"{\"last_id\":1,\"rules\":[{\"id\":1,\"action\":\"deny\",\"rule\":\"/\"}]}",
		"{\"last_id\":1,\"rules\":[{\"id\":2,\"action\":\"deny\",\"rule\":\"a\"}]}",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *path = NULL;
		autoclose int fd = g_file_open_tmp("egress-XXXXXX", &path, NULL);

		g_assert_true(write(fd, texts[i], strlen(texts[i])) >= 0);
		g_unlink(path);
		g_assert_null(egress_set_from_fd(fd, &error));
		g_assert_nonnull(error);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/egress-rule/accepted", test_accepted);
	g_test_add_func("/egress-rule/refused", test_refused);
	g_test_add_func("/egress-rule/deny-is-no-trust", test_deny_is_no_trust);
	g_test_add_func("/egress-rule/lengths", test_lengths);
	g_test_add_func("/egress-rule/fits", test_fits);
	g_test_add_func("/egress-rule/presets", test_presets);
	g_test_add_func("/egress-rule/embedded", test_embedded);
	g_test_add_func("/egress-set/order", test_order);
	g_test_add_func("/egress-set/reload", test_reload);
	g_test_add_func("/egress-set/file", test_file);
	g_test_add_func("/egress-set/full", test_full);
	g_test_add_func("/egress-set/memory", test_memory);
	g_test_add_func("/egress-set/bad-memory", test_bad_memory);
	return g_test_run();
}
