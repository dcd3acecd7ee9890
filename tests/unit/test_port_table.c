/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_port_table - rules, all or none, free ports, and errors that help */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "forwarder/port_table.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "tests/unit/descriptors.h"

#define FREE_PORT 40000

/* A backend that keeps a list of what is published and fails on demand. */
struct fake {
	GPtrArray *published; /* "tcp 0.0.0.0 8080 10.0.2.100 80" */
	bool is_late;	      /* fails to publish, not to open */
	int errnum;	      /* the failure of the next n_failures matching calls */
	unsigned n_failures;
	sa_family_t fail_family; /* AF_UNSPEC: any */
	uint16_t fail_port;	 /* 0: any */
};

struct fixture {
	struct fake fake;
	struct link_config link;
	struct port_table *table;
	unsigned n_open; /* descriptors before the test */
};

static char *host_key(const struct port_binding *binding)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	g_assert_cmpint(binding->host.family, !=, AF_UNSPEC);
	return g_strdup_printf("%s %s %u", binding->protocol == IPPROTO_TCP ? "tcp" : "udp",
			       ip_address_text(&binding->host, text), binding->host_port);
}

static bool fails_here(struct fake *fake, const struct port_binding *binding)
{
	if (fake->n_failures == 0 ||
	    (fake->fail_family && fake->fail_family != binding->host.family) ||
	    (fake->fail_port && fake->fail_port != binding->host_port))
		return false;
	fake->n_failures--;
	return true;
}

static bool fake_open(void *opaque, struct port_binding *binding)
{
	struct fake *fake = opaque;

	if (!fake->is_late && fails_here(fake, binding)) {
		errno = fake->errnum;
		return false;
	}
	if (binding->host_port == 0)
		binding->host_port = FREE_PORT;
	binding->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return binding->fd >= 0;
}

static bool fake_publish(void *opaque, const struct port_binding *binding, GError **error)
{
	g_autofree char *key = host_key(binding);
	char text[IP_ADDRESS_TEXT_SIZE];
	struct fake *fake = opaque;

	g_assert_cmpint(binding->guest.family, ==, binding->host.family);
	g_assert_cmpuint(binding->rule_id, >, 0);
	if (fake->is_late && fails_here(fake, binding)) {
		failure_set(error, fake->errnum, NULL, "the fake fails");
		return false;
	}
	g_ptr_array_add(fake->published,
			g_strdup_printf("%s %s %u", key, ip_address_text(&binding->guest, text),
					binding->guest_port));
	return true;
}

static void fake_unpublish(void *opaque, const struct port_binding *binding)
{
	g_autofree char *key = host_key(binding);
	g_autofree char *prefix = g_strconcat(key, " ", NULL);
	struct fake *fake = opaque;

	for (guint i = 0; i < fake->published->len; i++) {
		if (!g_str_has_prefix(g_ptr_array_index(fake->published, i), prefix))
			continue;
		g_ptr_array_remove_index(fake->published, i);
		return;
	}
	g_test_message("%s was never published", key);
	g_test_fail();
}

static void init_network(struct link_network *network, const char *prefix_text)
{
	struct ip_prefix prefix;

	g_assert_true(ip_prefix_parse(prefix_text, &prefix, NULL));
	link_network_init(network, &prefix);
}

static void set_up(struct fixture *fixture, gconstpointer without_v6)
{
	const struct port_backend backend = {fake_publish, fake_unpublish, &fixture->fake,
					     fake_open};

	fixture->fake.published = g_ptr_array_new_with_free_func(g_free);
	init_network(&fixture->link.v4, "10.0.2.0/24");
	if (!without_v6)
		init_network(&fixture->link.v6, "fd00::/64");
	fixture->table = port_table_new(&fixture->link, &backend);
	fixture->n_open = descriptors_count();
}

static void tear_down(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	port_table_free(fixture->table);
	g_assert_cmpuint(descriptors_count(), ==, fixture->n_open);
	g_assert_cmpuint(fixture->fake.published->len, ==, 0);
	g_ptr_array_unref(fixture->fake.published);
}

static struct port_rule rule_of(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct port_rule rule;

	port_rule_parse(text, &rule, &error);
	g_assert_no_error(error);
	return rule;
}

static struct port_rule add(struct fixture *fixture, const char *text)
{
	struct port_rule rule = rule_of(text), published;
	g_autoptr(GError) error = NULL;

	port_table_add(fixture->table, &rule, &published, &error);
	g_assert_no_error(error);
	return published;
}

/* Adds a rule that must fail and change nothing; returns the failure. */
static GError *fail_to_add(struct fixture *fixture, const struct port_rule *rule)
{
	guint n_published = fixture->fake.published->len;
	guint n_rules = port_table_rules(fixture->table)->len;
	unsigned n_open = descriptors_count();
	GError *error = NULL;
	struct port_rule published = {.id = 77};

	g_assert_false(port_table_add(fixture->table, rule, &published, &error));
	g_assert_nonnull(error);
	g_assert_cmpuint(published.id, ==, 77);
	g_assert_cmpuint(fixture->fake.published->len, ==, n_published);
	g_assert_cmpuint(port_table_rules(fixture->table)->len, ==, n_rules);
	g_assert_cmpuint(descriptors_count(), ==, n_open);
	return error;
}

static void assert_failure(struct fixture *fixture, const char *text, int errnum)
{
	struct port_rule rule = rule_of(text);
	g_autoptr(GError) error = fail_to_add(fixture, &rule);

	g_assert_error(error, FAILURE, errnum);
}

static void assert_published(struct fixture *fixture, const char *const *expected)
{
	g_autofree char *actual = NULL;
	g_autofree char *wanted = g_strjoinv("\n", (char **)expected);

	g_ptr_array_add(fixture->fake.published, NULL);
	actual = g_strjoinv("\n", (char **)fixture->fake.published->pdata);
	g_ptr_array_remove_index(fixture->fake.published, fixture->fake.published->len - 1);
	g_assert_cmpstr(actual, ==, wanted);
}

static void test_both_families(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const expected[] = {"tcp 0.0.0.0 8080 10.0.2.100 80",
					       "tcp :: 8080 fd00::100 80", NULL};
	struct port_rule published = add(fixture, "8080:80");

	g_assert_cmpuint(published.id, ==, 1);
	g_assert_cmpuint(published.host_first, ==, 8080);
	assert_published(fixture, expected);
}

static void test_range(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const expected[] = {"udp 127.0.0.1 5000 10.0.2.100 6000",
					       "udp 127.0.0.1 5001 10.0.2.100 6001",
					       "udp 127.0.0.1 5002 10.0.2.100 6002", NULL};

	add(fixture, "127.0.0.1:5000-5002:6000-6002/udp");
	assert_published(fixture, expected);
}

static void test_ipv6_host(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const expected[] = {"tcp ::1 8080 fd00::100 80", NULL};

	add(fixture, "[::1]:8080:80");
	assert_published(fixture, expected);
}

static void test_guest_chooses_family(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const expected[] = {"tcp 0.0.0.0 8080 10.0.2.7 80", NULL};
	struct port_rule rule = rule_of("8080:80"), published;

	g_assert_true(ip_address_parse("10.0.2.7", &rule.guest, NULL));
	g_assert_true(port_table_add(fixture->table, &rule, &published, NULL));
	assert_published(fixture, expected);
}

static void test_guest_of_other_family(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	struct port_rule rule = rule_of("127.0.0.1:8080:80");
	g_autoptr(GError) error = NULL;

	g_assert_true(ip_address_parse("fd00::7", &rule.guest, NULL));
	error = fail_to_add(fixture, &rule);
	g_assert_error(error, FAILURE, EINVAL);
	g_assert_nonnull(strstr(error->message, "IPv4 address cannot lead to an IPv6 address"));
}

static void test_invalid_rules(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	struct port_rule rules[4];

	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
		rules[i] = rule_of("8080-8089:80-89");
	rules[0].protocol = IPPROTO_SCTP;
	rules[1].host_last = 8079;
	rules[2].guest_first = 0;
	rules[3].guest_first = 65530;
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		g_autoptr(GError) error = fail_to_add(fixture, &rules[i]);

		g_assert_error(error, FAILURE, EINVAL);
	}
}

static void test_without_ipv6(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const expected[] = {"tcp 0.0.0.0 8080 10.0.2.100 80", NULL};

	assert_failure(fixture, "[::]:8080:80", EAFNOSUPPORT);
	add(fixture, "8080:80");
	assert_published(fixture, expected);
}

static void test_host_without_ipv6(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const expected[] = {"tcp 0.0.0.0 8080 10.0.2.100 80", NULL};
	static const int missing[] = {EAFNOSUPPORT, EADDRNOTAVAIL};

	for (size_t i = 0; i < G_N_ELEMENTS(missing); i++) {
		fixture->fake.errnum = missing[i];
		fixture->fake.fail_family = AF_INET6;
		fixture->fake.n_failures = 1;
		g_assert_true(port_table_remove(fixture->table, add(fixture, "8080:80").id));
		fixture->fake.n_failures = 1;
		assert_failure(fixture, "[::]:8080:80", missing[i]);
	}
	fixture->fake.n_failures = 1;
	add(fixture, "8080:80");
	assert_published(fixture, expected);
}

static void test_all_or_none(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->fake.errnum = EIO;
	fixture->fake.n_failures = 1;
	fixture->fake.fail_port = 8083;
	assert_failure(fixture, "8080-8085:80-85", EIO);
	fixture->fake.n_failures = 1;
	fixture->fake.fail_family = AF_INET6;
	assert_failure(fixture, "8080-8085:80-85", EIO);
	fixture->fake.is_late = true;
	fixture->fake.n_failures = 1;
	assert_failure(fixture, "8080-8085:80-85", EIO);
	add(fixture, "8080-8085:80-85");
	g_assert_cmpuint(fixture->fake.published->len, ==, 12);
}

static void test_ids(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const GArray *rules = port_table_rules(fixture->table);

	g_assert_cmpuint(add(fixture, "8080:80").id, ==, 1);
	g_assert_cmpuint(add(fixture, "8081:80").id, ==, 2);
	g_assert_true(port_table_remove(fixture->table, 1));
	g_assert_false(port_table_remove(fixture->table, 1));
	g_assert_cmpuint(fixture->fake.published->len, ==, 2);
	g_assert_cmpuint(add(fixture, "8080:80").id, ==, 3);
	g_assert_cmpuint(rules->len, ==, 2);
	g_assert_cmpuint(g_array_index(rules, struct port_rule, 0).id, ==, 2);
	g_assert_cmpuint(g_array_index(rules, struct port_rule, 1).id, ==, 3);
}

static void test_own_rules(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	add(fixture, "8080-8081:80-81");
	assert_failure(fixture, "8080-8081:80-81", EEXIST);
	assert_failure(fixture, "8080:80", EADDRINUSE);
	assert_failure(fixture, "8081:90", EADDRINUSE);
	assert_failure(fixture, "127.0.0.1:8081:81", EADDRINUSE);
	add(fixture, "8080:80/udp");
	add(fixture, "127.0.0.1:9000:80");
	add(fixture, "127.0.0.2:9000:80");
	add(fixture, "[::]:9000:80");
	assert_failure(fixture, "0.0.0.0:9000:80", EADDRINUSE);
}

static int listen_somewhere(int type, uint16_t *ret_port)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t size = sizeof(in);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&in, sizeof(in)), ==, 0);
	if (type == SOCK_STREAM)
		g_assert_cmpint(listen(fd, 1), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&in, &size), ==, 0);
	*ret_port = ntohs(in.sin_port);
	return fd;
}

static void test_in_use(struct fixture *fixture, gconstpointer data)
{
	int type = GPOINTER_TO_INT(data);
	g_autofree char *owner = g_strdup_printf("(pid %d)", getpid());
	struct port_rule rule = rule_of(type == SOCK_STREAM ? "1:80" : "1:80/udp");
	g_autoptr(GError) error = NULL;
	autoclose int fd = listen_somewhere(type, &rule.host_first);

	rule.host_last = rule.host_first;
	fixture->fake.errnum = EADDRINUSE;
	fixture->fake.n_failures = 1;
	error = fail_to_add(fixture, &rule);
	g_assert_error(error, FAILURE, EADDRINUSE);
	g_assert_nonnull(strstr(error->message, owner));
	g_assert_nonnull(strstr(error->message, "process '"));
	g_assert_nonnull(failure_cure(error));
}

static void test_in_use_tcp(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	test_in_use(fixture, GINT_TO_POINTER(SOCK_STREAM));
}

static void test_in_use_udp(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	test_in_use(fixture, GINT_TO_POINTER(SOCK_DGRAM));
}

static void test_privileged_port(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	struct port_rule rule = rule_of("1:80");
	g_autofree char *start = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_get_contents("/proc/sys/net/ipv4/ip_unprivileged_port_start", &start,
					  NULL, NULL));
	fixture->fake.errnum = EACCES;
	fixture->fake.n_failures = 1;
	error = fail_to_add(fixture, &rule);
	g_assert_error(error, FAILURE, EACCES);
	if (atoi(start) <= 1) {
		g_test_skip("every port is unprivileged on this host");
		return;
	}
	g_assert_nonnull(
		strstr(failure_cure(error), "sysctl -w net.ipv4.ip_unprivileged_port_start=1"));
}

static void test_free_port(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	struct port_rule published = add(fixture, "0:80");
	g_autofree char *v4 = g_strdup_printf("tcp 0.0.0.0 %u 10.0.2.100 80", published.host_first);
	g_autofree char *v6 = g_strdup_printf("tcp :: %u fd00::100 80", published.host_first);
	const char *const expected[] = {v4, v6, NULL};

	g_assert_cmpuint(published.host_first, >, 0);
	g_assert_cmpuint(published.host_last, ==, published.host_first);
	assert_published(fixture, expected);
}

static void test_free_port_retries(struct fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->fake.errnum = EADDRINUSE;
	fixture->fake.fail_family = AF_INET6;
	fixture->fake.n_failures = 5;
	add(fixture, "0:80/udp");
	g_assert_cmpuint(fixture->fake.n_failures, ==, 0);

	fixture->fake.n_failures = 100;
	assert_failure(fixture, "0:80", EADDRINUSE);
	g_assert_cmpuint(fixture->fake.n_failures, ==, 92);
	fixture->fake.errnum = EIO;
	assert_failure(fixture, "0:80", EIO);
	g_assert_cmpuint(fixture->fake.n_failures, ==, 91);
	fixture->fake.n_failures = 0;
}

static void add_test(const char *path, void (*test)(struct fixture *, gconstpointer))
{
	g_test_add(path, struct fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add_test("/port_table/both-families", test_both_families);
	add_test("/port_table/range", test_range);
	add_test("/port_table/ipv6-host", test_ipv6_host);
	add_test("/port_table/guest-chooses-family", test_guest_chooses_family);
	add_test("/port_table/guest-of-other-family", test_guest_of_other_family);
	add_test("/port_table/invalid-rules", test_invalid_rules);
	g_test_add("/port_table/without-ipv6", struct fixture, GINT_TO_POINTER(TRUE), set_up,
		   test_without_ipv6, tear_down);
	add_test("/port_table/host-without-ipv6", test_host_without_ipv6);
	add_test("/port_table/all-or-none", test_all_or_none);
	add_test("/port_table/ids", test_ids);
	add_test("/port_table/own-rules", test_own_rules);
	add_test("/port_table/in-use-tcp", test_in_use_tcp);
	add_test("/port_table/in-use-udp", test_in_use_udp);
	add_test("/port_table/privileged-port", test_privileged_port);
	add_test("/port_table/free-port", test_free_port);
	add_test("/port_table/free-port-retries", test_free_port_retries);
	return g_test_run();
}
