/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_port_sockets - the port table and real sockets: made, given out, taken over */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forwarder/host_socket.h"
#include "forwarder/port_table.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "tests/unit/descriptors.h"

struct fixture {
	struct link_config link;
	struct port_table *table;
	GArray *bindings; /* what is published, of struct port_binding */
	unsigned n_open;  /* descriptors before the test */
};

static bool on_publish(void *opaque, const struct port_binding *binding,
		       GError **error G_GNUC_UNUSED)
{
	const struct fixture *fixture = opaque;

	g_array_append_val(fixture->bindings, *binding);
	return true;
}

static void on_unpublish(void *opaque, const struct port_binding *binding)
{
	const struct fixture *fixture = opaque;

	for (guint i = 0; i < fixture->bindings->len; i++) {
		if (g_array_index(fixture->bindings, struct port_binding, i).fd != binding->fd)
			continue;
		g_array_remove_index(fixture->bindings, i);
		return;
	}
	g_assert_not_reached();
}

static struct port_table *new_table(struct fixture *fixture)
{
	const struct port_backend backend = {
		.publish = on_publish, .unpublish = on_unpublish, .opaque = fixture};

	return port_table_new(&fixture->link, &backend);
}

static void set_up(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct ip_prefix prefix;

	fixture->n_open = descriptors_count();
	g_assert_true(ip_prefix_parse("10.0.2.0/24", &prefix, NULL));
	link_network_init(&fixture->link.v4, &prefix);
	g_assert_true(ip_prefix_parse("fd00::/64", &prefix, NULL));
	link_network_init(&fixture->link.v6, &prefix);
	fixture->bindings = g_array_new(FALSE, FALSE, sizeof(struct port_binding));
	fixture->table = new_table(fixture);
}

static void tear_down(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	port_table_free(fixture->table);
	g_assert_cmpuint(fixture->bindings->len, ==, 0);
	g_assert_cmpuint(descriptors_count(), ==, fixture->n_open);
	g_array_unref(fixture->bindings);
}

static struct port_rule add(struct fixture *fixture, const char *text)
{
	g_autoptr(GError) error = NULL;
	struct port_rule rule;

	port_rule_parse(text, &rule, &error);
	g_assert_no_error(error);
	port_table_add(fixture->table, &rule, &rule, &error);
	g_assert_no_error(error);
	return rule;
}

static const struct port_binding *binding_of(const struct fixture *fixture, sa_family_t family,
					     uint16_t guest_port)
{
	for (guint i = 0; i < fixture->bindings->len; i++) {
		const struct port_binding *binding =
			&g_array_index(fixture->bindings, struct port_binding, i);
		if (binding->host.family == family && binding->guest_port == guest_port)
			return binding;
	}
	g_assert_not_reached();
}

/* Duplicates of a rule's sockets, as another process may have kept them; of int. */
static GArray *keep_sockets(const struct fixture *fixture, unsigned id)
{
	GArray *fds = g_array_new(FALSE, FALSE, sizeof(int));
	struct port_set set;

	port_set_init(&set);
	port_table_copy(fixture->table, &set);
	port_set_take_sockets(&set, id, fds);
	port_set_done(&set);
	for (guint i = 0; i < fds->len; i++) {
		int *fd = &g_array_index(fds, int, i);
		*fd = fcntl(*fd, F_DUPFD_CLOEXEC, 0);
	}
	return fds;
}

static bool is_reachable(const struct port_binding *binding)
{
	struct ip_address loopback = {.family = binding->host.family};
	struct sockaddr_storage address;
	autoclose int fd = socket(loopback.family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (loopback.family == AF_INET)
		loopback.v4.s_addr = htonl(INADDR_LOOPBACK);
	else
		loopback.v6 = in6addr_loopback;
	socklen_t size = ip_address_to_sockaddr(&loopback, binding->host_port, &address);
	return connect(fd, (struct sockaddr *)&address, size) == 0;
}

/* Publishes a rule with sockets that exist. */
static bool adopt(struct fixture *fixture, const struct port_rule *rule, GArray *sockets,
		  struct port_rule *ret_rule, GError **error)
{
	g_autoptr(GArray) wishes = g_array_new(FALSE, FALSE, sizeof(struct port_wish));
	g_autoptr(GArray) rules = g_array_new(FALSE, FALSE, sizeof(struct port_rule));
	const struct port_wish wish = {*rule, sockets};

	g_array_append_val(wishes, wish);
	if (!port_table_change(fixture->table, wishes, NULL, rules, error))
		return false;
	*ret_rule = g_array_index(rules, struct port_rule, 0);
	return true;
}

static int open_loopback(uint16_t port, uint16_t *ret_port)
{
	struct port_binding binding = {.protocol = IPPROTO_TCP, .host_port = port};

	g_assert_true(ip_address_parse("127.0.0.1", &binding.host, NULL));
	if (!host_socket_open(&binding))
		return -1;
	*ret_port = binding.host_port;
	return binding.fd;
}

static void test_free_port(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct port_rule rule = add(fixture, "0:80");
	const struct port_binding *v4 = binding_of(fixture, AF_INET, 80);
	const struct port_binding *v6 = binding_of(fixture, AF_INET6, 80);

	g_assert_cmpuint(rule.host_first, >, 0);
	g_assert_cmpuint(v4->host_port, ==, rule.host_first);
	g_assert_cmpuint(v6->host_port, ==, rule.host_first);
	g_assert_cmpuint(v6->rule_id, ==, rule.id);
	g_assert_true(is_reachable(v4) && is_reachable(v6));
}

static void test_remove(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct port_rule rule = add(fixture, "127.0.0.1:0:80");
	const struct port_binding binding = *binding_of(fixture, AF_INET, 80);
	g_autoptr(GArray) kept = keep_sockets(fixture, rule.id);

	g_assert_true(port_table_remove(fixture->table, rule.id));
	/* Although somebody has a duplicate. */
	g_assert_false(is_reachable(&binding));
	close(g_array_index(kept, int, 0));
}

/* The sockets outlive the table, listen all the time and lead to the same ports again. */
static void test_adopt(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct port_rule first = add(fixture, "0:80"), second = add(fixture, "0:81");
	const struct port_binding v4 = *binding_of(fixture, AF_INET, 81);
	const struct port_binding v6 = *binding_of(fixture, AF_INET6, 81);
	g_autoptr(GArray) kept = keep_sockets(fixture, second.id);
	g_autoptr(GError) error = NULL;
	struct port_rule adopted;

	port_table_free(fixture->table);
	g_assert_true(is_reachable(&v4) && is_reachable(&v6));
	fixture->table = new_table(fixture);
	int swap = g_array_index(kept, int, 0);
	g_array_index(kept, int, 0) = g_array_index(kept, int, 1);
	g_array_index(kept, int, 1) = swap;
	adopt(fixture, &second, kept, &adopted, &error);
	g_assert_no_error(error);
	g_assert_cmpmem(&adopted, sizeof(adopted), &second, sizeof(second));
	g_assert_cmpuint(fixture->bindings->len, ==, 2);
	g_assert_true(ip_address_equal(&binding_of(fixture, AF_INET, 81)->guest, &v4.guest));
	g_assert_true(ip_address_equal(&binding_of(fixture, AF_INET6, 81)->guest, &v6.guest));
	g_assert_true(is_reachable(&v4) && is_reachable(&v6));
	g_assert_cmpuint(first.id, <, second.id);
	g_assert_cmpuint(add(fixture, "0:82").id, >, second.id);
}

static void test_adopt_range(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct port_rule rule = {.id = 7, .protocol = IPPROTO_TCP, .guest_first = 80};
	g_autoptr(GArray) sockets = g_array_new(FALSE, FALSE, sizeof(int));
	uint16_t last;
	int fds[2];

	do {
		fds[0] = open_loopback(0, &rule.host_first);
		rule.host_last = (uint16_t)(rule.host_first + 1);
		fds[1] = open_loopback(rule.host_last, &last);
		if (fds[1] < 0)
			close(fds[0]);
	} while (fds[1] < 0);
	g_array_append_vals(sockets, fds, 2);
	g_assert_true(adopt(fixture, &rule, sockets, &rule, NULL));
	g_assert_cmpint(binding_of(fixture, AF_INET, 80)->fd, ==, fds[0]);
	g_assert_cmpint(binding_of(fixture, AF_INET, 81)->fd, ==, fds[1]);
	g_assert_cmpuint(binding_of(fixture, AF_INET, 81)->rule_id, ==, 7);
}

/* All are closed, whichever is wrong. */
static void test_adopt_strange(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct port_rule rule = {.id = 7, .protocol = IPPROTO_TCP, .guest_first = 80};
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) sockets = g_array_new(FALSE, FALSE, sizeof(int));
	uint16_t port;

	for (size_t i = 0; i < 3; i++) {
		int fd = open_loopback(0, &port);
		g_array_append_val(sockets, fd);
		rule.host_first = i ? rule.host_first : port;
	}
	rule.host_last = rule.host_first;
	g_assert_false(adopt(fixture, &rule, sockets, &rule, &error));
	g_assert_error(error, FAILURE, EINVAL);
	g_assert_cmpuint(fixture->bindings->len, ==, 0);
	g_assert_cmpuint(port_table_rules(fixture->table)->len, ==, 0);
	g_assert_cmpuint(descriptors_count(), ==, fixture->n_open);
}

/* Replaces all ports; true if that could be done. */
static bool replace(struct fixture *fixture, const char *const *texts)
{
	g_autoptr(GArray) wishes = g_array_new(FALSE, TRUE, sizeof(struct port_wish));

	for (; *texts; texts++) {
		struct port_wish wish = {.sockets = NULL};
		g_assert_true(port_rule_parse(*texts, &wish.rule, NULL));
		g_array_append_val(wishes, wish);
	}
	return port_table_replace(fixture->table, wishes, NULL, NULL);
}

static ino_t socket_of(const struct port_binding *binding)
{
	struct stat status;

	g_assert_no_errno(fstat(binding->fd, &status));
	return status.st_ino;
}

/* A port that leads elsewhere now has the same socket, which goes on when the old rule has ended.
 */
static void test_replace_keeps_socket(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct port_rule rule = add(fixture, "127.0.0.1:0:80");
	ino_t before = socket_of(binding_of(fixture, AF_INET, 80));
	g_autofree char *other = g_strdup_printf("127.0.0.1:%u:81", rule.host_first);
	const char *const texts[] = {other, NULL};

	g_assert_true(replace(fixture, texts));
	g_assert_cmpuint(fixture->bindings->len, ==, 1);
	g_assert_cmpuint(socket_of(binding_of(fixture, AF_INET, 81)), ==, before);
	g_assert_true(is_reachable(binding_of(fixture, AF_INET, 81)));
	/* It is nobody else's now. */
	const struct port_binding binding = *binding_of(fixture, AF_INET, 81);
	g_autoptr(GArray) kept = keep_sockets(
		fixture, g_array_index(port_table_rules(fixture->table), struct port_rule, 0).id);
	g_assert_true(replace(fixture, texts + 1));
	g_assert_false(is_reachable(&binding));
	close(g_array_index(kept, int, 0));
}

static void test_replace_fails(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	struct port_rule one = add(fixture, "127.0.0.1:0:80"), two = add(fixture, "0:81");
	g_autofree char *shared = g_strdup_printf("127.0.0.1:%u:82", one.host_first);
	g_autofree char *wider = g_strdup_printf("0.0.0.0:%u:83", one.host_first);
	const char *const sharing[] = {shared, "192.0.2.1:0:84", NULL};
	const char *const widening[] = {wider, "192.0.2.1:0:84", NULL};

	g_assert_false(replace(fixture, sharing));
	g_assert_false(replace(fixture, widening));
	g_assert_cmpuint(fixture->bindings->len, ==, 3);
	g_assert_true(is_reachable(binding_of(fixture, AF_INET, 80)));
	g_assert_true(is_reachable(binding_of(fixture, AF_INET6, 81)));
	g_assert_cmpuint(binding_of(fixture, AF_INET, 80)->rule_id, ==, one.id);
	g_assert_cmpuint(port_table_rules(fixture->table)->len, ==, 2);
	g_assert_true(port_table_remove(fixture->table, two.id));
}

static void note_change(const GArray *removed, const struct port_set *added, void *opaque)
{
	GString *text = opaque;

	for (guint i = 0; i < removed->len; i++)
		g_string_append_printf(text, "-%u", g_array_index(removed, unsigned, i));
	for (guint i = 0; i < added->rules->len; i++)
		g_string_append_printf(text, "+%u",
				       g_array_index(added->rules, struct port_rule, i).id);
	g_string_append_printf(text, "(%u)\n", added->sockets->len);
}

static void test_observer(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *const none[] = {NULL};

	port_table_observe(fixture->table, note_change, text);
	struct port_rule rule = add(fixture, "127.0.0.1:0:80");
	g_autofree char *same = port_rule_to_string(&rule);
	const char *const texts[] = {same, "127.0.0.1:0:81", NULL};
	g_assert_true(replace(fixture, texts));
	g_assert_true(replace(fixture, texts));
	g_assert_true(replace(fixture, none));
	g_assert_cmpstr(text->str, ==, "+1(1)\n+2(1)\n-1-2(0)\n");
}

static void test_nowhere(struct fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	struct port_rule rule;

	g_assert_true(port_rule_parse("192.0.2.1:0:80", &rule, NULL));
	g_assert_false(port_table_add(fixture->table, &rule, &rule, &error));
	g_assert_error(error, FAILURE, EADDRNOTAVAIL);
}

static void add_test(const char *path, void (*test)(struct fixture *, gconstpointer))
{
	g_test_add(path, struct fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add_test("/port_sockets/free-port", test_free_port);
	add_test("/port_sockets/remove", test_remove);
	add_test("/port_sockets/adopt", test_adopt);
	add_test("/port_sockets/adopt-range", test_adopt_range);
	add_test("/port_sockets/adopt-strange", test_adopt_strange);
	add_test("/port_sockets/replace-keeps-socket", test_replace_keeps_socket);
	add_test("/port_sockets/replace-fails", test_replace_fails);
	add_test("/port_sockets/observer", test_observer);
	add_test("/port_sockets/nowhere", test_nowhere);
	return g_test_run();
}
