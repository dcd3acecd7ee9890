/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_handoff - start, ready and failed, also from a peer of another version */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/fdpass.h"
#include "src/handoff.h"
#include "tests/unit/descriptors.h"
#include "tests/unit/json_mutation.h"

/* What a start message of today looks like; the tests change one thing in it at a time. */
#define START                                                                                      \
	"{\"name\":\"web\",\"link\":{\"kind\":\"tap\",\"ifname\":\"eth0\","                        \
	"\"mac\":\"02:01:02:03:04:05\",\"mtu\":1500,"                                              \
	"\"v4\":{\"prefix\":\"10.0.2.0/24\",\"command\":\"10.0.2.100\",\"gateway\":\"10.0.2.2\","  \
	"\"dns\":\"10.0.2.3\"}},\"host_loopback\":false,"                                          \
	"\"host_ports\":[{\"protocol\":6,\"port\":5432}],"                                         \
	"\"ports\":[{\"id\":0,\"proto\":\"tcp\",\"host_addr\":\"\",\"host_port\":8080,"            \
	"\"guest_addr\":\"\",\"guest_port\":80}],\"fds\":[\"tap\"]}"
#define READY                                                                                      \
	"{\"ports\":[{\"id\":1,\"proto\":\"udp\",\"host_addr\":\"127.0.0.1\",\"host_port\":53,"    \
	"\"guest_addr\":\"10.0.2.100\",\"guest_port\":53}]}"
#define FAILED "{\"failed\":\"no port\\nask root\",\"errno\":13}"

static void fill_link(struct link_config *link)
{
	struct ip_prefix prefix;

	*link = (struct link_config){
		.kind = LINK_GATEWAY, .ifname = "eth0", .mtu = 9000, .mac = {{2, 1, 2, 3, 4, 5}}};
	g_assert_true(ip_prefix_parse("10.0.2.0/24", &prefix, NULL));
	link_network_init(&link->v4, &prefix);
	g_assert_true(ip_prefix_parse("fd00::/64", &prefix, NULL));
	link_network_init(&link->v6, &prefix);
}

/* All that a start message can hold; the descriptors are copies of fd. */
static void fill_start(struct handoff_start *start, int fd)
{
	const struct host_port port = {.protocol = IPPROTO_UDP, .port = 53};
	struct port_rule rule;

	handoff_start_init(start);
	start->name = g_strdup("web");
	start->resolv_conf = g_strdup("nameserver 192.0.2.1\n");
	fill_link(&start->link);
	start->link.v4.dhcp = ip_prefix_host(&start->link.v4.prefix, 15);
	g_assert_true(ip_address_parse("2001:db8::5", &start->link.v6.outbound, NULL));
	start->control_once = true;
	start->sandbox = SANDBOX_REQUIRE;
	start->access.all = true;
	start->access.no_dns = true;
	g_array_append_val(start->access.ports, port);
	g_assert_true(port_rule_parse("[::1]:8080-8089:80-89/udp", &rule, NULL));
	g_array_append_val(start->ports.rules, rule);
	g_assert_true(port_rule_parse("443:443", &rule, NULL));
	g_array_append_val(start->ports.rules, rule);
	for (size_t i = 0; i < HANDOFF_N_FDS; i++)
		start->fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static void assert_same_rules(const GArray *a, const GArray *b)
{
	g_assert_cmpuint(a->len, ==, b->len);
	for (guint i = 0; i < a->len; i++) {
		g_autofree char *text = port_rule_to_string(&g_array_index(a, struct port_rule, i));
		g_autofree char *other =
			port_rule_to_string(&g_array_index(b, struct port_rule, i));
		g_assert_cmpstr(text, ==, other);
		g_assert_cmpuint(g_array_index(a, struct port_rule, i).id, ==,
				 g_array_index(b, struct port_rule, i).id);
	}
}

static void assert_same_network(const struct link_network *a, const struct link_network *b)
{
	g_assert_true(a->enabled == b->enabled);
	g_assert_true(ip_address_equal(&a->prefix.address, &b->prefix.address));
	g_assert_cmpuint(a->prefix.length, ==, b->prefix.length);
	g_assert_true(ip_address_equal(&a->command, &b->command));
	g_assert_true(ip_address_equal(&a->gateway, &b->gateway));
	g_assert_true(ip_address_equal(&a->dns, &b->dns));
	g_assert_true(ip_address_equal(&a->dhcp, &b->dhcp));
	g_assert_true(ip_address_equal(&a->outbound, &b->outbound));
}

static void test_start(void)
{
	struct handoff_start sent, received;
	struct descriptors_pair pair;
	g_autoptr(GError) error = NULL;

	descriptors_pair_init(&pair);
	fill_start(&sent, pair.to);
	handoff_start_init(&received);
	g_assert_true(handoff_send_start(pair.to, &sent, &error));
	g_assert_true(handoff_receive_start(pair.from, &received, &error));
	g_assert_cmpstr(received.name, ==, "web");
	g_assert_cmpstr(received.resolv_conf, ==, "nameserver 192.0.2.1\n");
	g_assert_cmpint(received.link.kind, ==, LINK_GATEWAY);
	g_assert_cmpstr(received.link.ifname, ==, "eth0");
	g_assert_cmpuint(received.link.mtu, ==, 9000);
	g_assert_cmpmem(&received.link.mac, 6, &sent.link.mac, 6);
	assert_same_network(&received.link.v4, &sent.link.v4);
	assert_same_network(&received.link.v6, &sent.link.v6);
	g_assert_cmpint(received.sandbox, ==, SANDBOX_REQUIRE);
	g_assert_true(received.control_once && received.access.all && received.access.no_dns);
	g_assert_cmpuint(received.access.ports->len, ==, 1);
	g_assert_cmpint(g_array_index(received.access.ports, struct host_port, 0).protocol, ==,
			IPPROTO_UDP);
	g_assert_cmpuint(g_array_index(received.access.ports, struct host_port, 0).port, ==, 53);
	assert_same_rules(received.ports.rules, sent.ports.rules);
	handoff_start_done(&received);
	handoff_start_done(&sent);
	descriptors_pair_done(&pair);
}

/* Each descriptor arrives at its own place, whichever others are unset. */
static void test_start_descriptors(void)
{
	for (int alone = 1; alone < HANDOFF_N_FDS; alone++) {
		struct handoff_start sent, received;
		struct descriptors_pair pair;

		descriptors_pair_init(&pair);
		fill_start(&sent, pair.to);
		handoff_start_init(&received);
		for (int i = 1; i < HANDOFF_N_FDS; i++)
			if (i != alone)
				close_fd(&sent.fds[i]);
		close_fd(&sent.fds[alone]);
		sent.fds[alone] = fcntl(pair.from, F_DUPFD_CLOEXEC, 0);
		g_assert_true(handoff_send_start(pair.to, &sent, NULL));
		g_assert_true(handoff_receive_start(pair.from, &received, NULL));
		g_assert_true(descriptors_is_copy(pair.to, received.fds[HANDOFF_FD_TAP]));
		for (int i = 1; i < HANDOFF_N_FDS; i++)
			if (i != alone)
				g_assert_cmpint(received.fds[i], ==, -1);
		g_assert_true(descriptors_is_copy(pair.from, received.fds[alone]));
		handoff_start_done(&received);
		handoff_start_done(&sent);
		descriptors_pair_done(&pair);
	}
}

/* Sends a text with n_fds descriptors and receives a start; true when that was accepted. */
static bool receive_start(const char *text, size_t n_fds, GError **error)
{
	struct handoff_start start;
	struct descriptors_pair pair;

	descriptors_pair_init(&pair);
	const int fds[3] = {pair.to, pair.to, pair.to};
	g_assert_true(fdpass_send(pair.to, text, strlen(text), fds, n_fds, NULL));
	handoff_start_init(&start);
	bool received = handoff_receive_start(pair.from, &start, error);
	handoff_start_done(&start);
	descriptors_pair_done(&pair);
	return received;
}

static void test_start_text(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(receive_start(START, 1, &error));
	g_assert_no_error(error);
}

static void test_surplus_descriptors(void)
{
	g_assert_true(receive_start(START, 3, NULL));
}

static void assert_refused(const char *text, size_t n_fds)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *printable = g_strescape(text, NULL);

	g_test_message("%s", printable);
	g_assert_false(receive_start(text, n_fds, &error));
	g_assert_error(error, FAILURE, EBADMSG);
	g_assert_nonnull(failure_cure(error));
}

static void test_malformed(void)
{
	assert_refused(START, 0); /* names a TAP and brings none */
	assert_refused("{", 1);
	assert_refused("\xff\xfe", 1);
	assert_refused("[]", 1);
	assert_refused("null", 1);
	assert_refused("7", 3);
	assert_refused("{}", 1);
	assert_refused("{\"fds\":[\"agent\"]}", 1);
	assert_refused("{\"fds\":[\"no such\",\"tap\"]}", 1);
	assert_refused("{\"fds\":[\"tap\"]}", 1);
	assert_refused("{\"fds\":[\"tap\"],\"link\":{}}", 1);
}

static void test_end(void)
{
	struct handoff_start start;
	struct descriptors_pair pair;
	g_autoptr(GError) error = NULL;

	descriptors_pair_init(&pair);
	close_fd(&pair.to);
	handoff_start_init(&start);
	g_assert_false(handoff_receive_start(pair.from, &start, &error));
	g_assert_error(error, FAILURE, EPIPE);
	handoff_start_done(&start);
	descriptors_pair_done(&pair);
}

/* An empty message looks like the end, and may still bring descriptors. */
static void test_empty_message(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(receive_start("", 3, &error));
	g_assert_error(error, FAILURE, EPIPE);
}

static void test_oversized(void)
{
	g_autofree char *text = g_strnfill(FDPASS_MAX_BYTES + 1, ' ');
	g_autoptr(GError) error = NULL;

	g_assert_false(receive_start(text, 3, &error));
	g_assert_error(error, FAILURE, EMSGSIZE);
}

static gpointer send_start(gpointer data)
{
	const struct handoff_start *start = data;

	g_assert_true(handoff_send_start(start->fds[HANDOFF_FD_TAP], start, NULL));
	return NULL;
}

/* More rules and sockets than a message, or the socket's buffer, can hold. */
static void test_many_ports(void)
{
	struct handoff_start sent, received;
	struct descriptors_pair pair;
	g_autoptr(GError) error = NULL;

	descriptors_pair_init(&pair);
	fill_start(&sent, pair.to);
	handoff_start_init(&received);
	struct port_rule rule = g_array_index(sent.ports.rules, struct port_rule, 0);
	while (sent.ports.rules->len < 5000) {
		rule.id = sent.ports.rules->len + 1;
		g_array_append_val(sent.ports.rules, rule);
	}
	for (unsigned id = 1; id <= 600; id++) {
		const struct port_socket socket = {id, fcntl(pair.to, F_DUPFD_CLOEXEC, 0)};
		g_array_append_val(sent.ports.sockets, socket);
	}
	GThread *sender = g_thread_new("sender", send_start, &sent);
	handoff_receive_start(pair.from, &received, &error);
	g_assert_no_error(error);
	g_thread_join(sender);
	assert_same_rules(received.ports.rules, sent.ports.rules);
	g_assert_cmpuint(received.ports.sockets->len, ==, 600);
	for (unsigned i = 0; i < 600; i++) {
		const struct port_socket *socket =
			&g_array_index(received.ports.sockets, struct port_socket, i);
		g_assert_cmpuint(socket->id, ==, i + 1);
		g_assert_true(descriptors_is_copy(pair.to, socket->fd));
	}
	handoff_start_done(&received);
	handoff_start_done(&sent);
	descriptors_pair_done(&pair);
}

/* --- wrong types: every value of a good message, replaced by one of every kind --- */

static void try_start(const char *text)
{
	g_autoptr(GError) error = NULL;

	if (!receive_start(text, 1, &error))
		g_assert_nonnull(error);
}

static void try_answer(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct descriptors_pair pair;
	struct port_set ports;

	descriptors_pair_init(&pair);
	port_set_init(&ports);
	g_assert_true(fdpass_send(pair.to, text, strlen(text), &pair.to, 1, NULL));
	if (!handoff_receive_ready(pair.from, &ports, NULL, &error))
		g_assert_nonnull(error);
	port_set_close(&ports);
	port_set_done(&ports);
	descriptors_pair_done(&pair);
}

static void test_wrong_types(void)
{
	json_mutation_try(START, try_start);
	json_mutation_try(READY, try_answer);
	json_mutation_try(FAILED, try_answer);
}

/* --- answers --- */

static void test_ready(void)
{
	g_autoptr(GError) error = NULL;
	struct port_set sent, received;
	struct port_rule rule;
	struct descriptors_pair pair;

	descriptors_pair_init(&pair);
	port_set_init(&sent);
	port_set_init(&received);
	g_assert_true(port_rule_parse("127.0.0.1:8080:80", &rule, NULL));
	rule.id = 7;
	g_array_append_val(sent.rules, rule);
	const struct port_socket socket = {7, pair.to};
	g_array_append_val(sent.sockets, socket);
	g_autofree char *note = NULL;
	g_assert_true(handoff_send_ready(pair.to, &sent, "no roof", &error));
	g_assert_true(handoff_receive_ready(pair.from, &received, &note, &error));
	g_assert_cmpstr(note, ==, "no roof");
	g_assert_no_error(error);
	assert_same_rules(received.rules, sent.rules);
	g_assert_cmpuint(received.sockets->len, ==, 1);
	g_assert_cmpuint(g_array_index(received.sockets, struct port_socket, 0).id, ==, 7);
	port_set_close(&received);
	port_set_done(&received);
	port_set_done(&sent);
	descriptors_pair_done(&pair);
}

static void test_failed(void)
{
	g_autoptr(GError) sent = NULL;
	g_autoptr(GError) received = NULL;
	struct descriptors_pair pair;
	struct port_set ports;

	descriptors_pair_init(&pair);
	port_set_init(&ports);
	failure_set(&sent, EADDRINUSE, "stop \"it\"", "port 80 is taken");
	g_assert_true(handoff_send_failed(pair.to, sent, NULL));
	g_assert_false(handoff_receive_ready(pair.from, &ports, NULL, &received));
	g_assert_error(received, FAILURE, EADDRINUSE);
	g_assert_cmpstr(received->message, ==, sent->message);
	g_assert_cmpuint(ports.rules->len, ==, 0);
	port_set_done(&ports);
	descriptors_pair_done(&pair);
}

static void test_no_answer(void)
{
	g_autoptr(GError) error = NULL;
	struct descriptors_pair pair;

	descriptors_pair_init(&pair);
	close_fd(&pair.to);
	g_assert_false(handoff_receive_ready(pair.from, NULL, NULL, &error));
	g_assert_error(error, FAILURE, EPIPE);
	descriptors_pair_done(&pair);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/handoff/start", test_start);
	g_test_add_func("/handoff/start-descriptors", test_start_descriptors);
	g_test_add_func("/handoff/start-text", test_start_text);
	g_test_add_func("/handoff/surplus-descriptors", test_surplus_descriptors);
	g_test_add_func("/handoff/malformed", test_malformed);
	g_test_add_func("/handoff/end", test_end);
	g_test_add_func("/handoff/empty-message", test_empty_message);
	g_test_add_func("/handoff/oversized", test_oversized);
	g_test_add_func("/handoff/many-ports", test_many_ports);
	g_test_add_func("/handoff/wrong-types", test_wrong_types);
	g_test_add_func("/handoff/ready", test_ready);
	g_test_add_func("/handoff/failed", test_failed);
	g_test_add_func("/handoff/no-answer", test_no_answer);
	return g_test_run();
}
