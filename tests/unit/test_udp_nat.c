/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_udp_nat - who gets a mapping and a flow, and by which address, under policy */
#include "forwarder/udp_nat.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/host_socket.h"
#include "src/autoclose.h"
#include "src/failure.h"

#define OPEN_PORT 7000

struct fixture {
	struct link_config link;
	struct way_out way_out;
	struct watch *watch;
	struct ledger *ledger;
	struct policy *policy;
	struct udp_nat *nat;
	struct udp_mapping *woken; /* the last one whose host socket had events */
};

static const struct outbound no_choice;

static void on_host(struct watch_entry *entry, uint32_t events G_GNUC_UNUSED)
{
	struct udp_mapping *mapping = (struct udp_mapping *)entry;

	((struct fixture *)mapping->owner)->woken = mapping;
}

static void fixture_init(struct fixture *f, unsigned max_flows)
{
	struct host_port open = {.protocol = IPPROTO_UDP, .port = OPEN_PORT};
	struct host_access access = {.ports = g_array_new(FALSE, FALSE, sizeof(open))};
	struct ip_prefix prefix;

	*f = (struct fixture){.link.mtu = 1500};
	g_assert_true(ip_prefix_parse("10.0.2.0/24", &prefix, NULL));
	link_network_init(&f->link.v4, &prefix);
	g_assert_true(ip_prefix_parse("fd00::/64", &prefix, NULL));
	link_network_init(&f->link.v6, &prefix);
	g_array_append_val(access.ports, open);
	f->policy = policy_new(&f->link, &access);
	g_array_unref(access.ports);
	f->watch = watch_new(NULL);
	f->ledger = ledger_new();
	f->way_out = (struct way_out){&f->link, &no_choice};
	const struct udp_nat_context context = {
		.watch = f->watch,
		.policy = f->policy,
		.link = &f->link,
		.way_out = &f->way_out,
		.limits = {.max_flows = max_flows, .max_promoted = 1, .brief_s = 1, .idle_s = 1},
		.on_host = on_host,
		.owner = f,
		.ledger = f->ledger,
	};
	f->nat = udp_nat_new(&context);
}

static void fixture_done(struct fixture *f)
{
	udp_nat_free(f->nat);
	policy_free(f->policy);
	watch_free(f->watch);
	ledger_free(f->ledger);
}

static struct udp_endpoint endpoint(const char *address, uint16_t port)
{
	struct udp_endpoint result = {.port = port};

	g_assert_true(ip_address_parse(address, &result.address, NULL));
	return result;
}

/* A flow that a datagram of the command opens. */
static struct udp_flow *outgoing(struct fixture *f, const char *inner, uint16_t inner_port,
				 const char *remote, uint16_t remote_port)
{
	struct udp_endpoint from = endpoint(inner, inner_port), to = endpoint(remote, remote_port);
	bool is_rejected;

	return udp_nat_flow_from_command(f->nat, &from, &to, &is_rejected);
}

static struct udp_flow *from_host(struct fixture *f, struct udp_mapping *mapping,
				  const char *address, uint16_t port)
{
	struct udp_endpoint host = endpoint(address, port);

	return udp_nat_flow_from_host(f->nat, mapping, &host);
}

static void assert_remote(const struct udp_flow *flow, const char *address)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	g_assert_nonnull(flow);
	g_assert_cmpstr(ip_address_text(&flow->remote.address, text), ==, address);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void test_one_socket_for_all_remotes(void)
{
	struct fixture f;

	fixture_init(&f, 10);
	struct udp_flow *a = outgoing(&f, "10.0.2.100", 5000, "198.51.100.1", 9);
	struct udp_flow *b = outgoing(&f, "10.0.2.100", 5000, "198.51.100.2", 9);
	struct udp_flow *c = outgoing(&f, "10.0.2.100", 5001, "198.51.100.1", 9);
	struct udp_flow *d = outgoing(&f, "fd00::100", 5000, "2001:db8::1", 9);
	g_assert_true(a != b && a->mapping == b->mapping);
	g_assert_true(a->mapping != c->mapping && a->mapping != d->mapping);
	g_assert_true(outgoing(&f, "10.0.2.100", 5000, "198.51.100.1", 9) == a);
	g_assert_cmpuint(udp_nat_count_opened(f.nat), ==, 4);

	int fd = a->mapping->host.fd;
	udp_flows_forget(udp_nat_flows(f.nat), a);
	g_assert_true(is_open(fd));
	udp_flows_forget(udp_nat_flows(f.nat), b);
	g_assert_false(is_open(fd));
	fixture_done(&f);
}

static void test_policy(void)
{
	struct fixture f;
	struct udp_endpoint inner = endpoint("10.0.2.100", 5000);
	struct udp_endpoint closed = endpoint("10.0.2.2", OPEN_PORT + 1);
	struct udp_endpoint nobody = endpoint("10.0.2.77", 9);
	bool is_rejected;

	fixture_init(&f, 10);
	g_assert_null(udp_nat_flow_from_command(f.nat, &inner, &closed, &is_rejected));
	g_assert_true(is_rejected);
	g_assert_null(udp_nat_flow_from_command(f.nat, &inner, &nobody, &is_rejected));
	g_assert_false(is_rejected);
	/* Sources that the command cannot have. */
	g_assert_null(outgoing(&f, "192.0.2.9", 5000, "198.51.100.1", 9));
	g_assert_null(outgoing(&f, "10.0.2.2", 5000, "198.51.100.1", 9));
	g_assert_null(outgoing(&f, "10.0.2.3", 5000, "198.51.100.1", 9));
	g_assert_null(outgoing(&f, "fe80::1", 5000, "2001:db8::1", 9));
	g_assert_null(outgoing(&f, "10.0.2.100", 0, "198.51.100.1", 9));
	g_assert_cmpuint(udp_nat_count_opened(f.nat), ==, 0);
	fixture_done(&f);
}

static void test_alias(void)
{
	struct fixture f;

	fixture_init(&f, 10);
	struct udp_flow *flow = outgoing(&f, "10.0.2.100", 5000, "10.0.2.2", OPEN_PORT);
	struct udp_endpoint loopback = endpoint("127.0.0.1", OPEN_PORT);
	assert_remote(flow, "10.0.2.2");
	g_assert_true(udp_endpoint_equal(&flow->to_host.to, &loopback));
	g_assert_true(from_host(&f, flow->mapping, "127.0.0.1", OPEN_PORT) == flow);
	fixture_done(&f);
}

/* Strangers are heard, if the command may answer them. */
static void test_filtering(void)
{
	struct fixture f;

	fixture_init(&f, 10);
	struct udp_mapping *mapping = outgoing(&f, "10.0.2.100", 5000, "198.51.100.1", 9)->mapping;
	assert_remote(from_host(&f, mapping, "203.0.113.5", 77), "203.0.113.5");
	g_assert_true(outgoing(&f, "10.0.2.100", 5000, "203.0.113.5", 77)->mapping == mapping);
	g_assert_null(from_host(&f, mapping, "127.0.0.1", OPEN_PORT + 1));
	g_assert_null(from_host(&f, mapping, "10.0.2.2", OPEN_PORT + 1));
	fixture_done(&f);
}

/* Publishes a free port of 127.0.0.1 and wakes its mapping with a datagram. */
static struct udp_mapping *publish(struct fixture *f, struct port_binding *ret_binding)
{
	struct port_binding binding = {
		.rule_id = 1,
		.protocol = IPPROTO_UDP,
		.host = endpoint("127.0.0.1", 0).address,
		.guest = endpoint("10.0.2.100", 0).address,
		.guest_port = 80,
	};
	struct sockaddr_storage address;
	g_autoptr(GError) error = NULL;
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	g_assert_true(host_socket_open(&binding));
	udp_nat_publish(f->nat, &binding, &error);
	g_assert_no_error(error);

	socklen_t size = ip_address_to_sockaddr(&binding.host, binding.host_port, &address);
	g_assert_cmpint(sendto(fd, "x", 1, 0, (struct sockaddr *)&address, size), ==, 1);
	while (!f->woken)
		g_main_context_iteration(NULL, TRUE);
	*ret_binding = binding;
	return f->woken;
}

static void unpublish(struct fixture *f, const struct port_binding *binding)
{
	udp_nat_unpublish(f->nat, binding->fd);
	g_assert_no_errno(close(binding->fd));
}

static void test_published(void)
{
	struct fixture f;
	struct port_binding binding;

	fixture_init(&f, 10);
	struct udp_mapping *mapping = publish(&f, &binding);
	struct udp_flow *lan = from_host(&f, mapping, "198.51.100.1", 5000);
	assert_remote(lan, "198.51.100.1");
	g_assert_cmpuint(lan->remote.port, ==, 5000);
	/* Its answer needs no permission, and leaves by the published port. */
	g_assert_true(outgoing(&f, "10.0.2.100", 80, "198.51.100.1", 5000) == lan);

	struct udp_flow *local = from_host(&f, mapping, "127.0.0.1", 6000);
	assert_remote(local, "10.0.2.2");
	g_assert_cmpuint(local->remote.port, ==, 6000);
	g_assert_true(outgoing(&f, "10.0.2.100", 80, "10.0.2.2", 6000) == local);
	/* One port number at two addresses that look alike inside. */
	struct udp_flow *other = from_host(&f, mapping, "127.0.0.2", 6000);
	assert_remote(other, "10.0.2.2");
	g_assert_cmpuint(other->remote.port, !=, 6000);
	g_assert_true(from_host(&f, mapping, "127.0.0.2", 6000) == other);

	unpublish(&f, &binding);
	g_assert_cmpuint(udp_flows_count(udp_nat_flows(f.nat)), ==, 0);
	fixture_done(&f);
}

/* A remote that the command speaks to and that asks at the published port is answered from there.
 */
static void test_published_takes_over(void)
{
	struct fixture f;
	struct port_binding binding;

	fixture_init(&f, 10);
	struct udp_mapping *mapping = publish(&f, &binding);
	g_assert_true(outgoing(&f, "10.0.2.100", 80, "198.51.100.1", 9)->mapping != mapping);
	struct udp_flow *flow = from_host(&f, mapping, "198.51.100.1", 9);
	g_assert_true(outgoing(&f, "10.0.2.100", 80, "198.51.100.1", 9) == flow);
	g_assert_true(flow->mapping == mapping);
	g_assert_cmpuint(udp_flows_count(udp_nat_flows(f.nat)), ==, 1);
	unpublish(&f, &binding);
	fixture_done(&f);
}

/* When descriptors run out, the oldest flow gives its own up. */
static void test_descriptors_run_out(void)
{
	struct fixture f;
	struct rlimit before, limit;

	fixture_init(&f, 1000);
	g_assert_no_errno(getrlimit(RLIMIT_NOFILE, &before));
	outgoing(&f, "10.0.2.100", 1, "198.51.100.1", 9);
	autoclose int next = dup(STDIN_FILENO);
	limit = (struct rlimit){.rlim_cur = (rlim_t)next + 5, .rlim_max = before.rlim_max};
	g_assert_no_errno(setrlimit(RLIMIT_NOFILE, &limit));
	for (uint16_t port = 2; port < 100; port++)
		g_assert_nonnull(outgoing(&f, "10.0.2.100", port, "198.51.100.1", 9));
	g_assert_no_errno(setrlimit(RLIMIT_NOFILE, &before));
	g_assert_cmpuint(udp_flows_count(udp_nat_flows(f.nat)), <=, 10);
	g_assert_cmpuint(udp_flows_count_evicted(udp_nat_flows(f.nat)), >=, 90);
	fixture_done(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/udp-nat/one-socket", test_one_socket_for_all_remotes);
	g_test_add_func("/udp-nat/policy", test_policy);
	g_test_add_func("/udp-nat/alias", test_alias);
	g_test_add_func("/udp-nat/filtering", test_filtering);
	g_test_add_func("/udp-nat/published", test_published);
	g_test_add_func("/udp-nat/published-takes-over", test_published_takes_over);
	g_test_add_func("/udp-nat/descriptors-run-out", test_descriptors_run_out);
	return g_test_run();
}
