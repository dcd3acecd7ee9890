/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_dns_upstream - name servers that answer, refuse, lie, or say nothing */
#include "forwarder/dns_upstream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/dns_config.h"
#include "tests/unit/dns_packet.h"

#define N_SERVERS 3

struct fixture {
	struct watch *watch;
	struct link_config link;
	struct outbound outbound;
	struct way_out way_out;
	struct dns_upstream *upstream;
	int servers[N_SERVERS]; /* of UDP */
	GArray *addresses;
	unsigned n_answers;
	struct dns_packet answer; /* the last one; size 0: none */
};

static struct sockaddr_storage name_of(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);

	g_assert_no_errno(getsockname(fd, (struct sockaddr *)&address, &size));
	return address;
}

static int bind_loopback(int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {.sin_family = AF_INET};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	g_assert_cmpint(fd, >=, 0);
	g_assert_no_errno(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){.way_out = {&f->link, &f->outbound}};
	f->watch = watch_new(NULL);
	f->upstream = dns_upstream_new(f->watch, &f->way_out);
	f->addresses = g_array_new(FALSE, FALSE, sizeof(struct sockaddr_storage));
	for (int i = 0; i < N_SERVERS; i++) {
		f->servers[i] = bind_loopback(SOCK_DGRAM);
		struct sockaddr_storage address = name_of(f->servers[i]);
		g_array_append_val(f->addresses, address);
	}
	dns_upstream_set_servers(f->upstream, f->addresses);
}

static void fixture_done(struct fixture *f)
{
	dns_upstream_free(f->upstream);
	watch_free(f->watch);
	g_array_unref(f->addresses);
	for (int i = 0; i < N_SERVERS; i++)
		close_fd(&f->servers[i]);
}

static void on_answered(uint8_t *answer, size_t size, void *opaque)
{
	struct fixture *f = opaque;

	f->n_answers++;
	g_assert_cmpuint(size, <=, sizeof(f->answer.data));
	f->answer.size = size;
	if (size)
		memcpy(f->answer.data, answer, size);
}

static struct dns_exchange *ask(struct fixture *f, bool by_tcp)
{
	struct dns_packet question;

	dns_packet_begin(&question, 7, DNS_PACKET_QUERY, "www.test", ns_t_a);
	return dns_upstream_ask(f->upstream, question.data, question.size, by_tcp, on_answered, f);
}

/* A question that has come to a server, and from whom. */
struct asked {
	struct dns_packet packet;
	struct sockaddr_storage client;
	uint16_t id;
};

static bool try_hear(const struct fixture *f, int i, struct asked *ret_asked)
{
	socklen_t size = sizeof(ret_asked->client);
	ssize_t n = recvfrom(f->servers[i], ret_asked->packet.data, sizeof(ret_asked->packet.data),
			     MSG_DONTWAIT, (struct sockaddr *)&ret_asked->client, &size);

	if (n < 0)
		return false;
	ret_asked->packet.size = (size_t)n;
	ret_asked->id = dns_message_id(ret_asked->packet.data);
	return true;
}

static struct asked hear(const struct fixture *f, int i)
{
	struct asked asked;

	while (!try_hear(f, i, &asked))
		g_main_context_iteration(NULL, TRUE);
	return asked;
}

static void say(const struct fixture *f, int i, const struct asked *asked,
		const struct dns_packet *packet)
{
	g_assert_cmpint(sendto(f->servers[i], packet->data, packet->size, 0,
			       (const struct sockaddr *)&asked->client, sizeof(struct sockaddr_in)),
			==, packet->size);
}

static void say_code(const struct fixture *f, int i, const struct asked *asked, unsigned code)
{
	struct dns_packet packet;

	dns_packet_begin(&packet, asked->id, DNS_PACKET_ANSWER | code, "www.test", ns_t_a);
	if (code == ns_r_noerror)
		dns_packet_address(&packet, "www.test", 60, "192.0.2.1");
	say(f, i, asked, &packet);
}

static void await_answer(const struct fixture *f)
{
	while (f->n_answers == 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(f->n_answers, ==, 1);
}

static void assert_code(const struct fixture *f, unsigned code)
{
	g_assert_cmpuint(f->answer.size, >=, NS_HFIXEDSZ);
	g_assert_cmpuint(f->answer.data[3] & 0xf, ==, code);
}

static void assert_pending(const struct fixture *f, unsigned n)
{
	struct dns_upstream_stats stats;

	dns_upstream_get_stats(f->upstream, &stats);
	g_assert_cmpuint(stats.pending, ==, n);
}

static void settle(void)
{
	for (int i = 0; i < 20; i++)
		g_main_context_iteration(NULL, FALSE);
}

static void test_lies(void)
{
	struct fixture f;
	struct dns_packet packet;
	struct dns_upstream_stats stats;

	fixture_init(&f);
	ask(&f, false);
	const struct asked asked = hear(&f, 0);
	dns_packet_begin(&packet, asked.id ^ 1, DNS_PACKET_ANSWER, "www.test", ns_t_a);
	say(&f, 0, &asked, &packet);
	dns_packet_begin(&packet, asked.id, DNS_PACKET_ANSWER, "evil.test", ns_t_a);
	say(&f, 0, &asked, &packet);
	packet.size = 5;
	say(&f, 0, &asked, &packet);
	/* From another address than was asked. */
	say_code(&f, 1, &asked, ns_r_noerror);
	settle();
	g_assert_cmpuint(f.n_answers, ==, 0);
	say_code(&f, 0, &asked, ns_r_noerror);
	await_answer(&f);
	assert_code(&f, ns_r_noerror);
	dns_upstream_get_stats(f.upstream, &stats);
	g_assert_cmpuint(stats.stray, ==, 3);
	assert_pending(&f, 0);
	fixture_done(&f);
}

static void test_unforeseeable(void)
{
	struct fixture f;
	struct asked first, other;
	unsigned same_ids = 0, same_ports = 0;

	fixture_init(&f);
	ask(&f, false);
	first = hear(&f, 0);
	for (int i = 0; i < 20; i++) {
		ask(&f, false);
		other = hear(&f, 0);
		same_ids += first.id == other.id || other.id == (uint16_t)(first.id + i + 1);
		same_ports += ((struct sockaddr_in *)&first.client)->sin_port ==
			      ((struct sockaddr_in *)&other.client)->sin_port;
	}
	g_assert_cmpuint(same_ids, <, 3);
	g_assert_cmpuint(same_ports, ==, 0);
	fixture_done(&f);
}

/* Who says that it cannot tell, or is not there, keeps nobody waiting. */
static void test_failures(void)
{
	struct fixture f;
	struct asked asked;
	gint64 start_us = g_get_monotonic_time();

	fixture_init(&f);
	close_fd(&f.servers[0]);
	ask(&f, false);
	asked = hear(&f, 1);
	say_code(&f, 1, &asked, ns_r_servfail);
	asked = hear(&f, 2);
	say_code(&f, 2, &asked, ns_r_nxdomain);
	await_answer(&f);
	assert_code(&f, ns_r_nxdomain);
	/* The one that is not there is the last to be asked now. */
	f.n_answers = 0;
	ask(&f, false);
	asked = hear(&f, 1);
	say_code(&f, 1, &asked, ns_r_refused);
	asked = hear(&f, 2);
	say_code(&f, 2, &asked, ns_r_servfail);
	await_answer(&f);
	assert_code(&f, ns_r_refused);
	g_assert_cmpint(g_get_monotonic_time() - start_us, <, G_USEC_PER_SEC);
	fixture_done(&f);
}

/* The first is slow, the second silent: the first one's answer counts when it comes. */
static void test_slow(void)
{
	struct fixture f;
	struct asked slow, next, again;

	fixture_init(&f);
	g_array_set_size(f.addresses, 2);
	dns_upstream_set_servers(f.upstream, f.addresses);
	ask(&f, false);
	slow = hear(&f, 0);
	g_assert_false(try_hear(&f, 1, &next));
	next = hear(&f, 1);
	g_assert_cmpuint(next.id, ==, slow.id);
	again = hear(&f, 0);
	g_assert_cmpmem(&again.client, sizeof(struct sockaddr_in), &slow.client,
			sizeof(struct sockaddr_in));
	say_code(&f, 0, &slow, ns_r_noerror);
	await_answer(&f);
	assert_code(&f, ns_r_noerror);
	/* It is trusted again, and the other is not. */
	f.n_answers = 0;
	ask(&f, false);
	slow = hear(&f, 0);
	say_code(&f, 0, &slow, ns_r_noerror);
	await_answer(&f);
	fixture_done(&f);
}

static void test_other_servers(void)
{
	struct fixture f;
	struct asked asked;

	fixture_init(&f);
	ask(&f, false);
	hear(&f, 0);
	g_array_remove_index(f.addresses, 0);
	dns_upstream_set_servers(f.upstream, f.addresses);
	asked = hear(&f, 1);
	dns_upstream_set_servers(f.upstream, f.addresses);
	say_code(&f, 1, &asked, ns_r_noerror);
	await_answer(&f);
	assert_code(&f, ns_r_noerror);
	fixture_done(&f);
}

static void test_nobody(void)
{
	struct fixture f;

	fixture_init(&f);
	g_array_set_size(f.addresses, 0);
	dns_upstream_set_servers(f.upstream, f.addresses);
	ask(&f, false);
	g_assert_cmpuint(f.n_answers, ==, 0);
	await_answer(&f);
	g_assert_cmpuint(f.answer.size, ==, 0);
	f.n_answers = 0;
	ask(&f, true);
	await_answer(&f);
	g_assert_cmpuint(f.answer.size, ==, 0);
	fixture_done(&f);
}

static void test_many(void)
{
	struct fixture f;
	struct dns_exchange *last = NULL;

	fixture_init(&f);
	for (unsigned i = 0; i < DNS_EXCHANGES_MAX + 10; i++)
		last = ask(&f, false);
	g_assert_cmpuint(f.n_answers, ==, 10);
	assert_pending(&f, DNS_EXCHANGES_MAX);
	dns_upstream_cancel(last);
	assert_pending(&f, DNS_EXCHANGES_MAX - 1);
	g_assert_cmpuint(f.n_answers, ==, 10);
	fixture_done(&f);
}

/* --- TCP --- */

static int accept_client(int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0) {
		g_assert_cmpint(errno, ==, EAGAIN);
		g_main_context_iteration(NULL, FALSE);
	}
	return fd;
}

/* The only server is that of TCP, and the first of UDP where its address is the same. */
static int start_tcp(struct fixture *f)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_storage address = name_of(f->servers[0]);

	g_assert_no_errno(bind(listener, (struct sockaddr *)&address, sizeof(struct sockaddr_in)));
	g_assert_no_errno(listen(listener, 5));
	g_array_set_size(f->addresses, 1);
	dns_upstream_set_servers(f->upstream, f->addresses);
	return listener;
}

static void read_fully(int fd, uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t n = recv(fd, data, size, MSG_DONTWAIT);
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
		g_main_context_iteration(NULL, FALSE);
	}
}

static void test_tcp(void)
{
	struct fixture f;
	struct dns_packet question, answer;
	uint8_t prefix[2];

	fixture_init(&f);
	autoclose int listener = start_tcp(&f);
	ask(&f, true);
	autoclose int client = accept_client(listener);
	read_fully(client, prefix, 2);
	question.size = (size_t)(prefix[0] << 8 | prefix[1]);
	read_fully(client, question.data, question.size);
	dns_packet_begin(&answer, dns_message_id(question.data), DNS_PACKET_ANSWER, "www.test",
			 ns_t_a);
	for (int i = 0; i < 60; i++)
		dns_packet_address(&answer, "www.test", 60, "192.0.2.1");
	const uint8_t length[] = {(uint8_t)(answer.size >> 8), (uint8_t)answer.size};
	g_assert_cmpint(send(client, length, 1, 0), ==, 1);
	settle();
	g_assert_cmpint(send(client, length + 1, 1, 0), ==, 1);
	settle();
	g_assert_cmpint(send(client, answer.data, 100, 0), ==, 100);
	settle();
	g_assert_cmpuint(f.n_answers, ==, 0);
	g_assert_cmpint(send(client, answer.data + 100, answer.size - 100, 0), ==,
			answer.size - 100);
	await_answer(&f);
	g_assert_cmpmem(f.answer.data, f.answer.size, answer.data, answer.size);
	fixture_done(&f);
}

/* A server that does not take TCP, or hangs up, is asked by UDP. */
static void test_tcp_refused(void)
{
	struct fixture f;
	struct asked asked;

	fixture_init(&f);
	g_array_set_size(f.addresses, 1);
	dns_upstream_set_servers(f.upstream, f.addresses);
	ask(&f, true);
	asked = hear(&f, 0);
	say_code(&f, 0, &asked, ns_r_noerror);
	await_answer(&f);
	assert_code(&f, ns_r_noerror);
	f.n_answers = 0;
	autoclose int listener = start_tcp(&f);
	ask(&f, true);
	close(accept_client(listener));
	asked = hear(&f, 0);
	say_code(&f, 0, &asked, ns_r_noerror);
	await_answer(&f);
	fixture_done(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dns_upstream/lies", test_lies);
	g_test_add_func("/dns_upstream/unforeseeable", test_unforeseeable);
	g_test_add_func("/dns_upstream/failures", test_failures);
	g_test_add_func("/dns_upstream/slow", test_slow);
	g_test_add_func("/dns_upstream/other-servers", test_other_servers);
	g_test_add_func("/dns_upstream/nobody", test_nobody);
	g_test_add_func("/dns_upstream/many", test_many);
	g_test_add_func("/dns_upstream/tcp", test_tcp);
	g_test_add_func("/dns_upstream/tcp-refused", test_tcp_refused);
	return g_test_run();
}
