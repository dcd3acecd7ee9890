/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_egress - which flows the rules let out, and what names open */
#include "forwarder/egress.h"

#include <netinet/icmp6.h>

#include "forwarder/egress_pins.h"
#include "tests/unit/egress_lesson.h"

static gint64 now_us;

static gint64 on_now(void)
{
	return now_us;
}

struct fixture {
	struct link_config link;
	struct egress *egress;
};

static bool on_is_of_host(const struct ip_address *address, void *opaque G_GNUC_UNUSED)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	ip_address_text(address, text);
	return g_str_equal(text, "198.51.100.7") || g_str_equal(text, "2001:db8:7::7");
}

/* One rule a line, as in a file. */
static struct egress_set *parse(const char *rules)
{
	struct egress_set *set = egress_set_new();
	g_autoptr(GError) error = NULL;

	g_assert_true(egress_set_take_text(set, rules, &error));
	g_assert_no_error(error);
	return set;
}

static void fixture_init(struct fixture *f, const char *rules)
{
	struct ip_prefix prefix;
	const struct egress_context context = {
		.link = &f->link,
		.is_of_host = on_is_of_host,
		.now_us = on_now,
	};

	*f = (struct fixture){0};
	g_assert_true(ip_prefix_parse("10.0.2.0/24", &prefix, NULL));
	link_network_init(&f->link.v4, &prefix);
	g_assert_true(ip_prefix_parse("fd00::/64", &prefix, NULL));
	link_network_init(&f->link.v6, &prefix);
	now_us = 1000 * G_USEC_PER_SEC;
	f->egress = egress_new(parse(rules), &context);
}

static void fixture_done(struct fixture *f)
{
	egress_free(f->egress);
}

static struct egress_flow flow_to(int protocol, const char *address, uint16_t port)
{
	struct egress_flow flow = {.protocol = protocol, .has_port = port > 0, .port = port};

	g_assert_true(ip_address_parse(address, &flow.destination, NULL));
	return flow;
}

static bool may(struct fixture *f, int protocol, const char *address, uint16_t port)
{
	const struct egress_flow flow = flow_to(protocol, address, port);
	unsigned rule;

	return egress_check(f->egress, &flow, &rule);
}

static bool may_tcp(struct fixture *f, const char *address, uint16_t port)
{
	return may(f, IPPROTO_TCP, address, port);
}

static void test_nothing_to_ask(void)
{
	const struct egress_flow flow = flow_to(IPPROTO_TCP, "192.0.2.1", 80);
	unsigned rule;

	g_assert_true(egress_is_open(NULL));
	g_assert_true(egress_check(NULL, &flow, &rule));
	g_assert_true(egress_may_go_on(NULL, &flow));
	g_assert_true(egress_may_look_up(NULL, "example.com"));
	egress_learn(NULL, &(struct egress_answer){0});
}

static void test_first_match(void)
{
	struct fixture f;

	fixture_init(&f, "deny 192.0.2.128/25\n"
			 "allow tcp:192.0.2.0/24:443\n"
			 "allow 192.0.2.200\n"
			 "deny udp:198.51.100.0/24\n"
			 "allow 198.51.100.0/24:53-60\n"
			 "default deny\n");
	g_assert_true(may_tcp(&f, "192.0.2.1", 443));
	g_assert_false(may_tcp(&f, "192.0.2.1", 80));
	g_assert_false(may(&f, IPPROTO_UDP, "192.0.2.1", 443));
	g_assert_false(may_tcp(&f, "192.0.2.200", 443));
	g_assert_false(may(&f, IPPROTO_UDP, "198.51.100.1", 53));
	g_assert_true(may_tcp(&f, "198.51.100.1", 60));
	g_assert_false(may_tcp(&f, "198.51.100.1", 61));
	g_assert_false(may_tcp(&f, "203.0.113.1", 443));
	g_assert_false(may_tcp(&f, "2001:db8::1", 443));
	fixture_done(&f);
}

static void test_rule_is_told(void)
{
	struct fixture f;
	unsigned rule = 99;

	fixture_init(&f, "allow 192.0.2.1\ndeny 192.0.2.0/24\n");
	struct egress_flow flow = flow_to(IPPROTO_TCP, "192.0.2.2", 80);
	g_assert_false(egress_check(f.egress, &flow, &rule));
	g_assert_cmpuint(rule, ==, 2);
	flow = flow_to(IPPROTO_TCP, "198.51.100.1", 80);
	g_assert_true(egress_check(f.egress, &flow, &rule));
	g_assert_cmpuint(rule, ==, 0);
	g_assert_cmpuint(egress_count_hits(f.egress, 0), ==, 1);
	g_assert_cmpuint(egress_count_hits(f.egress, 1), ==, 0);
	g_assert_cmpuint(egress_count_hits(f.egress, 2), ==, 1);
	fixture_done(&f);
}

static void test_protocols(void)
{
	struct fixture f;

	fixture_init(&f, "allow icmp:192.0.2.0/24\nallow icmp:2001:db8::/32\n"
			 "allow 198.51.100.1\nallow 198.51.100.2:1-65535\ndefault deny\n");
	g_assert_true(may(&f, IPPROTO_ICMP, "192.0.2.1", 0));
	g_assert_true(may(&f, IPPROTO_ICMPV6, "2001:db8::1", 0));
	g_assert_false(may_tcp(&f, "192.0.2.1", 80));
	g_assert_true(may(&f, IPPROTO_SCTP, "198.51.100.1", 0));
	g_assert_false(may(&f, IPPROTO_ICMP, "198.51.100.2", 0));
	g_assert_false(may(&f, IPPROTO_SCTP, "198.51.100.2", 0));
	/* A fragment, whose port is in another one. */
	g_assert_false(may(&f, IPPROTO_UDP, "198.51.100.2", 0));
	g_assert_true(may(&f, IPPROTO_UDP, "198.51.100.1", 0));
	fixture_done(&f);
}

static void test_presets(void)
{
	struct fixture f;

	fixture_init(&f, "deny @metadata\nallow 10.1.0.0/16\ndeny @private\ndeny @host:22\n");
	g_assert_false(may_tcp(&f, "169.254.169.254", 80));
	g_assert_false(may_tcp(&f, "64:ff9b::169.254.169.254", 80));
	g_assert_true(may_tcp(&f, "10.1.2.3", 80));
	g_assert_false(may_tcp(&f, "192.168.1.1", 80));
	g_assert_false(may_tcp(&f, "2002:c0a8:0101::1", 80));
	g_assert_false(may_tcp(&f, "::ffff:192.168.1.1", 80));
	g_assert_false(may_tcp(&f, "fd12::1", 80));
	/* The gateway's alias is the host, whatever its address looks like. */
	g_assert_true(may_tcp(&f, "10.0.2.2", 80));
	g_assert_true(may_tcp(&f, "fd00::2", 80));
	g_assert_false(may_tcp(&f, "10.0.2.2", 22));
	g_assert_false(may_tcp(&f, "fd00::2", 22));
	g_assert_false(may_tcp(&f, "198.51.100.7", 22));
	g_assert_false(may_tcp(&f, "2001:db8:7::7", 22));
	g_assert_true(may_tcp(&f, "198.51.100.7", 80));
	g_assert_true(may_tcp(&f, "198.51.100.8", 22));
	fixture_done(&f);
}

/* An IPv6 address that stands for an IPv4 one is allowed by its own rules alone. */
static void test_embedded_opens_nothing(void)
{
	struct fixture f;

	fixture_init(&f, "allow 192.0.2.0/24\ndefault deny\n");
	g_assert_true(may_tcp(&f, "192.0.2.1", 80));
	g_assert_false(may_tcp(&f, "64:ff9b::192.0.2.1", 80));
	g_assert_false(may_tcp(&f, "::ffff:192.0.2.1", 80));
	fixture_done(&f);
}

static void test_look_ups(void)
{
	struct fixture f;

	fixture_init(&f, "deny bad.example.com\ndeny tcp:mail.example.com:25\n"
			 "allow *.example.com:443\nallow 192.0.2.1\ndefault deny\n");
	g_assert_true(egress_may_look_up(f.egress, "www.example.com"));
	g_assert_true(egress_may_look_up(f.egress, "a.b.EXAMPLE.com."));
	g_assert_true(egress_may_look_up(f.egress, "mail.example.com"));
	g_assert_false(egress_may_look_up(f.egress, "bad.example.com"));
	g_assert_false(egress_may_look_up(f.egress, "example.com"));
	g_assert_false(egress_may_look_up(f.egress, "badexample.com"));
	g_assert_false(egress_may_look_up(f.egress, "secret.attacker.test"));
	g_assert_false(egress_may_look_up(f.egress, "."));
	g_assert_false(egress_may_look_up(f.egress, "1.2.0.192.in-addr.arpa"));
	g_assert_false(egress_may_look_up(f.egress, "\\000.example.com.attacker.test"));
	struct egress_stats stats;
	egress_get_stats(f.egress, &stats);
	g_assert_cmpuint(stats.refused, ==, 7);
	egress_replace(f.egress, parse("allow *:443\ndefault deny\n"));
	g_assert_true(egress_may_look_up(f.egress, "secret.attacker.test"));
	egress_replace(f.egress, parse("deny *.attacker.test\n"));
	g_assert_false(egress_may_look_up(f.egress, "secret.attacker.test"));
	g_assert_true(egress_may_look_up(f.egress, "attacker.test"));
	g_assert_true(egress_may_look_up(f.egress, "."));
	fixture_done(&f);
}

static void test_names(void)
{
	struct fixture f;

	fixture_init(&f, "allow tcp:www.example.com:443\nallow *.cdn.test\ndefault deny\n");
	g_assert_false(may_tcp(&f, "192.0.2.1", 443));
	egress_lesson(f.egress, "WWW.Example.com.", "192.0.2.1", 300);
	g_assert_true(may_tcp(&f, "192.0.2.1", 443));
	g_assert_false(may_tcp(&f, "192.0.2.1", 80));
	g_assert_false(may(&f, IPPROTO_UDP, "192.0.2.1", 443));
	g_assert_false(may_tcp(&f, "192.0.2.2", 443));
	/* Answers for other names open nothing. */
	egress_lesson(f.egress, "other.example.com", "192.0.2.2", 300);
	g_assert_false(may_tcp(&f, "192.0.2.2", 443));
	/* An alias counts for the name that was asked for, and opens nothing by its own. */
	egress_lesson(f.egress, "www.example.com x.cdn.test", "192.0.2.3", 300);
	g_assert_true(may_tcp(&f, "192.0.2.3", 443));
	g_assert_false(may_tcp(&f, "192.0.2.3", 80));
	egress_lesson(f.egress, "x.cdn.test", "2001:db8::3", 300);
	g_assert_true(may_tcp(&f, "2001:db8::3", 80));
	fixture_done(&f);
}

/* Who chooses the link's network chooses the alias of the host in it. */
static void test_host_alias(void)
{
	struct fixture f;

	fixture_init(&f, "allow 10.0.0.0/8\nallow 10.0.2.2\nallow @private\ndefault deny\n");
	g_assert_true(may_tcp(&f, "10.0.3.2", 80));
	g_assert_false(may_tcp(&f, "10.0.2.2", 80));
	fixture_done(&f);
	fixture_init(&f, "deny 10.0.2.2:22\nallow @host\ndefault deny\n");
	g_assert_true(may_tcp(&f, "10.0.2.2", 80));
	g_assert_false(may_tcp(&f, "10.0.2.2", 22));
	fixture_done(&f);
}

static void test_denied_alias(void)
{
	struct fixture f;

	fixture_init(&f, "deny *.tracker.test\n");
	egress_lesson(f.egress, "metrics.example.com x.tracker.test", "192.0.2.1", 300);
	egress_lesson(f.egress, "www.example.com", "192.0.2.2", 300);
	g_assert_false(may_tcp(&f, "192.0.2.1", 443));
	g_assert_true(may_tcp(&f, "192.0.2.2", 443));
	fixture_done(&f);
}

static void test_expiry(void)
{
	struct fixture f;

	fixture_init(&f, "allow *.example.com\ndefault deny\n");
	egress_lesson(f.egress, "short.example.com", "192.0.2.1", 0);
	egress_lesson(f.egress, "long.example.com", "192.0.2.2", 600);
	now_us += (EGRESS_PIN_SECONDS - 1) * G_USEC_PER_SEC;
	g_assert_true(may_tcp(&f, "192.0.2.1", 443));
	now_us += 2 * G_USEC_PER_SEC;
	g_assert_false(may_tcp(&f, "192.0.2.1", 443));
	g_assert_true(may_tcp(&f, "192.0.2.2", 443));
	/* What began in time goes on, until the rule goes. */
	struct egress_flow flow = flow_to(IPPROTO_TCP, "192.0.2.1", 443);
	g_assert_true(egress_may_go_on(f.egress, &flow));
	/* A new answer begins anew; a shorter one does not end a longer. */
	egress_lesson(f.egress, "short.example.com", "192.0.2.1", 0);
	egress_lesson(f.egress, "long.example.com", "192.0.2.2", 0);
	g_assert_true(may_tcp(&f, "192.0.2.1", 443));
	now_us += (EGRESS_PIN_SECONDS + 1) * G_USEC_PER_SEC;
	g_assert_false(may_tcp(&f, "192.0.2.1", 443));
	g_assert_true(may_tcp(&f, "192.0.2.2", 443));
	egress_replace(f.egress, parse("allow *.other.com\ndefault deny\n"));
	g_assert_false(egress_may_go_on(f.egress, &flow));
	fixture_done(&f);
}

/* A rule that comes later holds for what was looked up before. */
static void test_pins_outlive_rules(void)
{
	struct fixture f;

	fixture_init(&f, "");
	egress_lesson(f.egress, "www.example.com", "192.0.2.1", 300);
	egress_replace(f.egress, parse("allow www.example.com\ndefault deny\n"));
	g_assert_true(may_tcp(&f, "192.0.2.1", 443));
	egress_replace(f.egress, parse("deny www.example.com\n"));
	g_assert_false(may_tcp(&f, "192.0.2.1", 443));
	fixture_done(&f);
}

static void test_rebinding(void)
{
	static const char *const never[] = {"127.0.0.1",
					    "0.0.0.0",
					    "169.254.169.254",
					    "10.0.2.2",
					    "198.51.100.7",
					    "255.255.255.255",
					    "224.0.0.1",
					    "::1",
					    "::ffff:127.0.0.1",
					    "64:ff9b::127.0.0.1",
					    "64:ff9b::169.254.169.254",
					    "64:ff9b::198.51.100.7",
					    "ff02::1",
					    "fd00:ec2::254",
					    "fd00::2",
					    "2001:db8:7::7"};
	static const char *const inner[] = {"10.1.2.3", "192.168.0.1",	     "100.64.0.1",
					    "fd12::1",	"64:ff9b::10.1.2.3", "2002:0a01:0203::1"};
	struct fixture f;

	fixture_init(&f, "allow evil.test\nallow corp.test@private\ndefault deny\n");
	for (size_t i = 0; i < G_N_ELEMENTS(never); i++) {
		egress_lesson(f.egress, "evil.test", never[i], 300);
		egress_lesson(f.egress, "corp.test", never[i], 300);
		g_assert_false(may_tcp(&f, never[i], 80));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(inner); i++) {
		egress_lesson(f.egress, "evil.test", inner[i], 300);
		g_assert_false(may_tcp(&f, inner[i], 80));
		egress_lesson(f.egress, "corp.test", inner[i], 300);
		g_assert_true(may_tcp(&f, inner[i], 80));
	}
	struct egress_stats stats;
	egress_get_stats(f.egress, &stats);
	g_assert_cmpuint(stats.unpinned, ==, 2 * G_N_ELEMENTS(never));
	fixture_done(&f);
}

static void test_configured(void)
{
	static const char *const names[] = {"db"};
	struct egress_answer answer = {.names = names, .n_names = 1, .is_configured = true};
	struct fixture f;

	fixture_init(&f, "allow db:5432\ndefault deny\n");
	g_assert_true(ip_address_parse("10.1.2.3", &answer.address, NULL));
	egress_learn(f.egress, &answer);
	now_us += 10 * (gint64)EGRESS_PIN_SECONDS_MAX * G_USEC_PER_SEC;
	g_assert_true(may_tcp(&f, "10.1.2.3", 5432));
	g_assert_false(may_tcp(&f, "10.1.2.3", 80));
	for (unsigned i = 0; i < EGRESS_PINS_MAX + 10; i++) {
		g_autofree char *address = g_strdup_printf("192.0.%u.%u", i / 256 % 256, i % 256);
		egress_lesson(f.egress, "x.example", address, 300);
	}
	g_assert_true(may_tcp(&f, "10.1.2.3", 5432));
	fixture_done(&f);
}

static void test_bounds(void)
{
	struct fixture f;
	struct egress_stats stats;
	g_autoptr(GString) names = g_string_new("a.example");

	fixture_init(&f, "allow *.example\ndefault deny\n");
	for (unsigned i = 0; i < EGRESS_PINS_MAX + 100; i++) {
		g_autofree char *name = g_strdup_printf("n%u.example", i);
		g_autofree char *address = g_strdup_printf("203.0.%u.%u", i / 256 % 256, i % 256);
		egress_lesson(f.egress, name, i % 2 ? address : "203.0.113.1", 300);
	}
	egress_get_stats(f.egress, &stats);
	g_assert_cmpuint(stats.pins, <=, EGRESS_PINS_MAX);
	g_assert_cmpuint(stats.pins, >, EGRESS_PINS_MAX / 2);
	g_assert_true(may_tcp(&f, "203.0.113.1", 80));
	for (unsigned i = 0; i < EGRESS_PIN_NAMES_MAX; i++)
		g_string_append_printf(names, " alias%u.test", i);
	egress_lesson(f.egress, names->str, "192.0.2.99", 300);
	g_assert_false(may_tcp(&f, "192.0.2.99", 80));
	/* No host's name. */
	egress_lesson(f.egress, "a\\032b.example", "192.0.2.98", 300);
	g_assert_false(may_tcp(&f, "192.0.2.98", 80));
	fixture_done(&f);
}

/* Among a thousand rules of every kind the first match is that of a search one by one. */
static void test_many(void)
{
	g_autoptr(GString) text = g_string_new("default deny\n");
	struct fixture f;

	for (unsigned i = 0; i < 1000; i++)
		g_string_append_printf(text, "%s %s198.%u.%u.0/%u:%u-%u\n",
				       i % 3 ? "allow" : "deny", i % 5 ? "" : "tcp:", i % 7,
				       i % 11 * 16, 20 + i % 5, 1 + i % 50, 60 + i % 40);
	fixture_init(&f, text->str);
	const GPtrArray *rules = egress_rules(f.egress)->rules;
	for (unsigned i = 0; i < 5000; i++) {
		g_autofree char *address =
			g_strdup_printf("198.%u.%u.%u", i % 7, i * 5 % 200, i % 256);
		struct egress_flow flow = flow_to(i % 2 ? IPPROTO_TCP : IPPROTO_UDP, address,
						  (uint16_t)(1 + i % 110));
		unsigned found, expected = 0;
		for (guint j = 0; j < rules->len && !expected; j++) {
			const struct egress_rule *rule = rules->pdata[j];
			if (ip_prefix_contains(&rule->prefix, &flow.destination) &&
			    egress_rule_fits(rule, flow.protocol, true, flow.port))
				expected = rule->id;
		}
		egress_check(f.egress, &flow, &found);
		g_assert_cmpuint(found, ==, expected);
	}
	fixture_done(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/egress/nothing-to-ask", test_nothing_to_ask);
	g_test_add_func("/egress/first-match", test_first_match);
	g_test_add_func("/egress/rule-is-told", test_rule_is_told);
	g_test_add_func("/egress/protocols", test_protocols);
	g_test_add_func("/egress/presets", test_presets);
	g_test_add_func("/egress/embedded-opens-nothing", test_embedded_opens_nothing);
	g_test_add_func("/egress/look-ups", test_look_ups);
	g_test_add_func("/egress/names", test_names);
	g_test_add_func("/egress/denied-alias", test_denied_alias);
	g_test_add_func("/egress/host-alias", test_host_alias);
	g_test_add_func("/egress/expiry", test_expiry);
	g_test_add_func("/egress/pins-outlive-rules", test_pins_outlive_rules);
	g_test_add_func("/egress/rebinding", test_rebinding);
	g_test_add_func("/egress/configured", test_configured);
	g_test_add_func("/egress/bounds", test_bounds);
	g_test_add_func("/egress/many", test_many);
	return g_test_run();
}
