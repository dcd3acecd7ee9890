/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_port_set - rules and sockets in parts, and what is no part of any */
#include "src/port_set.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "src/failure.h"
#include "src/fdpass.h"
#include "tests/unit/descriptors.h"

#define PORT                                                                                       \
	"{'id':3,'proto':'tcp','host_addr':'','host_port':8080,'guest_addr':'','guest_port':80}"

static int open_something(void)
{
	return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
}

static void add_rule(struct port_set *set, const char *text, unsigned id, unsigned n_sockets)
{
	struct port_rule rule;

	g_assert_true(port_rule_parse(text, &rule, NULL));
	rule.id = id;
	g_array_append_val(set->rules, rule);
	while (n_sockets-- > 0) {
		const struct port_socket socket = {id, open_something()};
		g_array_append_val(set->sockets, socket);
	}
}

static JsonObject *object_of(const char *text)
{
	g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
	g_autoptr(JsonNode) node = json_from_string(json, NULL);

	g_assert_nonnull(node);
	return json_node_dup_object(node);
}

/* Writes a set whose messages begin with n_taken descriptors, reads it again; counts the parts. */
static unsigned copy(const struct port_set *from, struct port_set *to, size_t n_taken)
{
	struct port_set_position position = {0};
	unsigned n_parts = 0;
	bool has_more = true;

	while (has_more) {
		g_autoptr(JsonObject) object = json_object_new();
		int fds[FDPASS_MAX_FDS];
		size_t n_fds = n_taken;

		has_more = port_set_write(from, &position, object, fds, &n_fds);
		g_assert_true(port_set_has_more(object) == has_more);
		g_assert_cmpuint(n_fds, <=, FDPASS_MAX_FDS);
		for (size_t i = 0; i < n_fds; i++)
			fds[i] = i < n_taken ? -2 : fcntl(fds[i], F_DUPFD_CLOEXEC, 0);
		g_assert_true(port_set_read(to, object, fds, n_fds, NULL));
		for (size_t i = 0; i < n_fds; i++)
			g_assert_cmpint(fds[i], ==, i < n_taken ? -2 : -1);
		n_parts++;
	}
	return n_parts;
}

static void check_parts(unsigned n_rules, unsigned n_sockets, unsigned expected)
{
	struct port_set from, to;
	unsigned n_open = descriptors_count();

	port_set_init(&from);
	port_set_init(&to);
	for (unsigned id = 1; id <= n_rules; id++)
		add_rule(&from, "127.0.0.1:8080:80", id, id == 1 ? n_sockets : 0);
	g_assert_cmpuint(copy(&from, &to, 3), ==, expected);
	g_assert_cmpuint(to.rules->len, ==, n_rules);
	g_assert_cmpuint(to.sockets->len, ==, n_sockets);
	for (unsigned i = 0; i < n_rules; i++)
		g_assert_cmpuint(g_array_index(to.rules, struct port_rule, i).id, ==, i + 1);
	port_set_close(&from);
	port_set_close(&to);
	port_set_done(&from);
	port_set_done(&to);
	g_assert_cmpuint(descriptors_count(), ==, n_open);
}

static void test_parts(void)
{
	check_parts(0, 0, 1);
	check_parts(1, 2, 1);
	check_parts(400, FDPASS_MAX_FDS - 3, 1);
	check_parts(401, 0, 2);
	check_parts(1, FDPASS_MAX_FDS - 2, 2);
	check_parts(2000, 900, 5);
}

static void test_remove(void)
{
	g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(int));
	unsigned n_open = descriptors_count();
	struct port_set set;

	port_set_init(&set);
	add_rule(&set, "8080:80", 1, 2);
	add_rule(&set, "8081:80", 2, 1);
	add_rule(&set, "8082:80", 3, 2);
	port_set_remove(&set, 1);
	port_set_remove(&set, 4);
	g_assert_cmpuint(set.rules->len, ==, 2);
	g_assert_cmpuint(descriptors_count(), ==, n_open + 3);
	port_set_take_sockets(&set, 3, taken);
	g_assert_cmpuint(taken->len, ==, 2);
	g_assert_cmpuint(set.sockets->len, ==, 1);
	g_assert_cmpuint(set.rules->len, ==, 2);
	port_set_close(&set);
	close(g_array_index(taken, int, 0));
	close(g_array_index(taken, int, 1));
	g_assert_cmpuint(descriptors_count(), ==, n_open);
	port_set_done(&set);
}

static void test_change(void)
{
	g_autoptr(JsonObject) object =
		object_of("{'removed':[1,9],'ports':[" PORT "],'sockets':[3]}");
	int fds[] = {open_something()};
	struct port_set set;

	port_set_init(&set);
	add_rule(&set, "8080:80", 1, 2);
	add_rule(&set, "8081:80", 2, 0);
	g_assert_true(port_set_change(&set, object, fds, 1, NULL));
	g_assert_cmpuint(set.rules->len, ==, 2);
	g_assert_cmpuint(g_array_index(set.rules, struct port_rule, 0).id, ==, 2);
	g_assert_cmpuint(g_array_index(set.rules, struct port_rule, 1).id, ==, 3);
	g_assert_cmpuint(set.sockets->len, ==, 1);
	port_set_close(&set);
	port_set_done(&set);
}

static void test_malformed(void)
{
	static const char *const texts[] = {
		"{}",
		"{'ports':7}",
		"{'ports':[7]}",
		"{'ports':[null]}",
		"{'ports':[],'sockets':[1,2]}",
		"{'ports':[],'sockets':['x']}",
		"{'ports':[],'sockets':[0]}",
		"{'ports':[],'sockets':[-1]}",
		"{'ports':[],'sockets':[{}]}",
		"{'ports':[],'removed':[0]}",
		"{'ports':[],'removed':[[]]}",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(JsonObject) object = object_of(texts[i]);
		g_autoptr(GError) error = NULL;
		int fds[] = {STDIN_FILENO};
		struct port_set set;

		g_test_message("%s", texts[i]);
		port_set_init(&set);
		g_assert_false(port_set_change(&set, object, fds, 1, &error));
		g_assert_error(error, FAILURE, EBADMSG);
		g_assert_cmpint(fds[0], ==, STDIN_FILENO);
		port_set_done(&set);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/port-set/parts", test_parts);
	g_test_add_func("/port-set/remove", test_remove);
	g_test_add_func("/port-set/change", test_change);
	g_test_add_func("/port-set/malformed", test_malformed);
	return g_test_run();
}
