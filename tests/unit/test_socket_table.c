/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_socket_table - which socket a flow belongs to, by the lines of /proc/net */
#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/ctl/net_devices.h"
#include "src/ctl/proc_file.h"
#include "src/ctl/socket_table.h"

static const char tcp_line[] =
	"   1: 6402000A:9C40 010200C0:01BB 01 00000000:00000000 02:000A 00000000     0        0 "
	"4711 2 0000000000000000 20 4 30 10 -1\n";
static const char tcp6_mapped_line[] =
	"   0: 0000000000000000FFFF00006402000A:1B58 0000000000000000FFFF0000010200C0:C350 01 "
	"00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 0 10 "
	"-1\n";
static const char udp_any_line[] = "  10: 00000000:1388 00000000:0000 07 00000000:00000000 "
				   "00:00000000 00000000     0        0 "
				   "4713 2 0000000000000000 0\n";
static const char udp6_any_line[] =
	"  11: 00000000000000000000000000000000:1389 00000000000000000000000000000000:0000 07 "
	"00000000:00000000 00:00000000 00000000     0        0 4714 2 0000000000000000 0\n";

static struct socket_ends ends(int protocol, const char *local, uint16_t local_port,
			       const char *remote, uint16_t remote_port)
{
	struct socket_ends result = {
		.protocol = protocol, .local_port = local_port, .remote_port = remote_port};

	g_assert_true(ip_address_parse(local, &result.local, NULL));
	g_assert_true(ip_address_parse(remote, &result.remote, NULL));
	return result;
}

static uint64_t find(const struct socket_table *table, struct socket_ends wanted)
{
	return socket_table_find(table, &wanted);
}

static void test_lines(void)
{
	struct socket_table *table = socket_table_new();

	socket_table_add_line(table, IPPROTO_TCP, "  sl  local_address rem_address   st tx_queue");
	socket_table_add_line(table, IPPROTO_TCP, tcp_line);
	socket_table_add_line(table, IPPROTO_TCP, tcp6_mapped_line);
	socket_table_add_line(table, IPPROTO_UDP, udp_any_line);
	socket_table_add_line(table, IPPROTO_UDP, udp6_any_line);
	g_assert_cmpuint(find(table, ends(IPPROTO_TCP, "10.0.2.100", 40000, "192.0.2.1", 443)), ==,
			 4711);
	g_assert_cmpuint(find(table, ends(IPPROTO_TCP, "10.0.2.100", 7000, "192.0.2.1", 50000)), ==,
			 4712);
	g_assert_cmpuint(find(table, ends(IPPROTO_UDP, "10.0.2.100", 5000, "192.0.2.9", 1)), ==,
			 4713);
	g_assert_cmpuint(find(table, ends(IPPROTO_UDP, "10.0.2.100", 5001, "192.0.2.9", 1)), ==,
			 4714);
	g_assert_cmpuint(find(table, ends(IPPROTO_UDP, "fd00::100", 5001, "2001:db8::1", 1)), ==,
			 4714);
	/* A connection is no listener's, and none of another protocol's. */
	g_assert_cmpuint(find(table, ends(IPPROTO_TCP, "10.0.2.100", 5000, "192.0.2.9", 1)), ==, 0);
	g_assert_cmpuint(find(table, ends(IPPROTO_UDP, "10.0.2.100", 40000, "192.0.2.1", 443)), ==,
			 0);
	socket_table_free(table);
	socket_table_free(NULL);
}

static void test_malformed(void)
{
	static const char *const lines[] = {"",
					    "\n",
					    "1: 2 3",
					    "1: 6402000A:9C40 010200C0 01 a b c d e 4711",
					    "1: 6402000A:9C40 0102C0:01BB 01 a b c d e 4711",
					    "1: 6402000A:9C40 010200C0:01BB 01 a b c d e 0"};
	struct socket_table *table = socket_table_new();

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
		socket_table_add_line(table, IPPROTO_TCP, lines[i]);
	g_assert_cmpuint(find(table, ends(IPPROTO_TCP, "10.0.2.100", 40000, "192.0.2.1", 443)), ==,
			 0);
	socket_table_free(table);
}

/* A socket of our own, as the kernel tells of it. */
static void test_own(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	autoclose int self = proc_file_open_process(getpid(), NULL);
	struct socket_table *table = socket_table_new();
	struct stat status;

	g_assert_no_errno(bind(fd, (struct sockaddr *)&address, size));
	g_assert_no_errno(getsockname(fd, (struct sockaddr *)&address, &size));
	g_assert_no_errno(fstat(fd, &status));
	socket_table_read(table, self);
	g_assert_cmpuint(find(table, ends(IPPROTO_UDP, "127.0.0.1", ntohs(address.sin_port),
					  "127.0.0.1", 1)),
			 ==, status.st_ino);
	socket_table_free(table);
}

static void test_devices(void)
{
	g_autoptr(JsonArray) devices =
		net_devices_parse("Inter-|   Receive\n face |bytes\n"
				  "    lo:     100       1    0    0    0     0          0         "
				  "0      100       1    "
				  "0    0    0     0       0          0\n"
				  "  eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n"
				  " short: 1 2 3\n");
	g_autofree char *text = json_to_string(devices, FALSE);

	g_assert_cmpstr(text, ==,
			"[{\"name\":\"eth0\",\"bytes_in\":1,\"packets_in\":2,\"errors_in\":3,"
			"\"drops_in\":4,\"bytes_out\":5,\"packets_out\":6,\"errors_out\":7,"
			"\"drops_out\":8}]");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/socket_table/lines", test_lines);
	g_test_add_func("/socket_table/malformed", test_malformed);
	g_test_add_func("/socket_table/own", test_own);
	g_test_add_func("/net_devices/parse", test_devices);
	return g_test_run();
}
