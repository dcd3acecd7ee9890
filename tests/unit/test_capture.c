/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_capture - packets of a real ring, filters and files of netns-ctl's capture */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "src/autoclose.h"
#include "src/ctl/watch/capture_file.h"
#include "src/ctl/capture_options.h"
#include "src/ctl/watch/packet_interface.h"
#include "src/ctl/watch/packet_ring.h"
#include "src/ctl/watch/patient_output.h"
#include "src/failure.h"
#include "tests/unit/namespaces.h"

#define PORT	  4242
#define OTHER	  4243
#define SLL2_SIZE 20

/* --- a loopback interface with packets --- */

static void raise_loopback(void)
{
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};

	g_assert_cmpint(ioctl(fd, SIOCSIFFLAGS, &request), ==, 0);
}

static void send_datagrams(uint16_t port, size_t size, unsigned n)
{
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	g_autofree char *data = g_malloc0(size);

	while (n-- > 0)
		g_assert_cmpint(sendto(fd, data, size, 0, (const void *)&to, sizeof(to)), ==, size);
}

static struct packet_ring *make_ring(bool cooked)
{
	g_autoptr(GError) error = NULL;
	int fd = socket(AF_PACKET, (cooked ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC, 0);
	struct packet_ring *ring = packet_ring_new(fd, cooked, &error);

	g_assert_no_error(error);
	return ring;
}

static struct capture_file *make_file(const char *expression, bool cooked, uint32_t snaplen)
{
	const struct capture_format format = {
		.link_type = ARPHRD_LOOPBACK,
		.cooked = cooked,
		.snaplen = snaplen,
		.expression = expression,
	};
	g_autoptr(GError) error = NULL;
	struct capture_file *file = capture_file_new(&format, &error);

	g_assert_no_error(error);
	return file;
}

struct collected {
	const struct capture_file *file;
	GPtrArray *packets; /* of GBytes */
	bool cut;
	unsigned most;
};

static bool collect(const struct packet *packet, void *opaque)
{
	struct collected *collected = opaque;
	struct packet wanted = *packet;

	if (!capture_file_wants(collected->file, &wanted))
		return true;
	collected->cut |= wanted.captured != wanted.length;
	g_ptr_array_add(collected->packets, g_bytes_new(wanted.data, wanted.captured));
	return collected->packets->len < collected->most;
}

static void read_all(struct packet_ring *ring, struct collected *collected)
{
	struct pollfd fd = {.fd = packet_ring_fd(ring), .events = POLLIN};

	packet_ring_stop(ring);
	while (packet_ring_read(ring, collect, collected) ||
	       poll(&fd, 1, 4 * PACKET_RING_DELAY_MS) > 0)
		;
}

struct ring_case {
	const char *name, *expression, *interface;
	bool cooked;
	uint32_t snaplen;
	unsigned most, expected;
	size_t size; /* of each packet as captured */
};

static const struct ring_case ring_cases[] = {
	{"all", "", "lo", false, CAPTURE_SNAPLEN_MAX, 100, 6, 0},
	{"filter", "udp dst port 4242", "lo", false, CAPTURE_SNAPLEN_MAX, 100, 2, 14 + 28 + 100},
	{"filter here", "udp dst port 4242 and not vlan", "lo", false, CAPTURE_SNAPLEN_MAX, 100, 2,
	 14 + 28 + 100},
	{"cooked", "udp dst port 4242", NULL, true, CAPTURE_SNAPLEN_MAX, 100, 2,
	 SLL2_SIZE + 28 + 100},
	{"cooked, all", "", NULL, true, CAPTURE_SNAPLEN_MAX, 100, 6, 0},
	{"short", "udp dst port 4242", "lo", false, 60, 100, 2, 60},
	{"short here", "udp dst port 4242", NULL, true, 60, 100, 2, 60},
	{"one", "udp", "lo", false, CAPTURE_SNAPLEN_MAX, 1, 1, 14 + 28 + 100},
	{"large", "udp dst port 4243 and greater 50000", "lo", false, CAPTURE_SNAPLEN_MAX, 100, 1,
	 14 + 28 + 60000},
};

static void test_ring(gconstpointer data)
{
	const struct ring_case *expected = data;
	struct packet_interface interface = {0};
	g_autoptr(GPtrArray) packets = g_ptr_array_new_with_free_func((void *)g_bytes_unref);
	g_autoptr(GError) error = NULL;

	if (!namespaces_enter())
		return;
	raise_loopback();
	struct packet_ring *ring = make_ring(expected->cooked);
	struct capture_file *file =
		make_file(expected->expression, expected->cooked, expected->snaplen);
	struct collected collected = {file, packets, false, expected->most};

	if (expected->interface)
		g_assert_true(packet_interface_find(packet_ring_fd(ring), expected->interface,
						    &interface, &error));
	capture_file_attach(file, ring);
	/* Not bound yet: no packet. */
	send_datagrams(PORT, 100, 5);
	g_assert_true(packet_ring_start(ring, interface.index, &error));
	send_datagrams(PORT, 100, 2);
	send_datagrams(OTHER, 60000, 1);
	read_all(ring, &collected);
	/* The three datagrams, and an ICMP error for each. */
	g_assert_cmpuint(packets->len, ==, expected->expected);
	for (unsigned i = 0; expected->size && i < packets->len; i++)
		g_assert_cmpuint(g_bytes_get_size(packets->pdata[i]), ==, expected->size);
	g_assert_true(collected.cut == (expected->snaplen < CAPTURE_SNAPLEN_MAX));
	g_assert_cmpuint(packet_ring_dropped(ring), ==, 0);
	capture_file_free(file);
	packet_ring_free(ring);
}

static void test_cooked_header(void)
{
	static const uint8_t header[SLL2_SIZE] = {
		0x08,	     0x00, 0, 0, 0, 0, 0, 1, ARPHRD_LOOPBACK >> 8, ARPHRD_LOOPBACK & 0xff,
		PACKET_HOST, 6};
	g_autoptr(GPtrArray) packets = g_ptr_array_new_with_free_func((void *)g_bytes_unref);

	if (!namespaces_enter())
		return;
	raise_loopback();
	struct packet_ring *ring = make_ring(true);
	struct capture_file *file = make_file("udp", true, CAPTURE_SNAPLEN_MAX);
	struct collected collected = {file, packets, false, 100};

	g_assert_true(packet_ring_start(ring, 0, NULL));
	send_datagrams(PORT, 10, 1);
	read_all(ring, &collected);
	g_assert_cmpuint(packets->len, ==, 1);
	g_assert_cmpmem(g_bytes_get_data(packets->pdata[0], NULL), SLL2_SIZE, header, SLL2_SIZE);
	capture_file_free(file);
	packet_ring_free(ring);
}

/* More than the ring holds, while nobody reads. */
static void test_dropped(void)
{
	enum { N = 600 };
	g_autoptr(GPtrArray) packets = g_ptr_array_new_with_free_func((void *)g_bytes_unref);

	if (!namespaces_enter())
		return;
	raise_loopback();
	struct packet_ring *ring = make_ring(false);
	struct capture_file *file = make_file("udp", false, CAPTURE_SNAPLEN_MAX);
	struct collected collected = {file, packets, false, 2 * N};

	capture_file_attach(file, ring);
	g_assert_true(packet_ring_start(ring, 0, NULL));
	send_datagrams(PORT, 60000, N);
	read_all(ring, &collected);
	g_assert_cmpuint(packets->len, >, 0);
	g_assert_cmpuint(packet_ring_dropped(ring), >, 0);
	/* Each datagram passes twice. */
	g_assert_cmpuint(packets->len, <, N);
	capture_file_free(file);
	packet_ring_free(ring);
}

static void test_interface(void)
{
	struct packet_interface interface;
	g_autoptr(GError) error = NULL;

	if (!namespaces_enter())
		return;
	autoclose int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	g_assert_false(packet_interface_find(fd, "eth7", &interface, &error));
	g_assert_error(error, FAILURE, ENODEV);
	g_assert_nonnull(strstr(failure_cure(error), "lo"));
	g_clear_error(&error);
	g_assert_false(packet_interface_find(fd, "a-name-that-is-too-long", &interface, &error));
	g_assert_error(error, FAILURE, ENODEV);
	g_assert_cmpint(packet_interface_state(fd, 1), ==, PACKET_INTERFACE_DOWN);
	raise_loopback();
	g_assert_cmpint(packet_interface_state(fd, 1), ==, PACKET_INTERFACE_UP);
	g_assert_cmpint(packet_interface_state(fd, 0), ==, PACKET_INTERFACE_UP);
	g_assert_cmpint(packet_interface_state(fd, 4711), ==, PACKET_INTERFACE_GONE);
}

/* --- files --- */

static void test_bad_formats(void)
{
	const struct capture_format bad_filter = {
		.link_type = ARPHRD_ETHER, .snaplen = 100, .expression = "tcp prt 80"};
	const struct capture_format bad_link = {
		.link_type = ARPHRD_INFINIBAND, .snaplen = 100, .expression = ""};
	g_autoptr(GError) error = NULL;

	g_assert_null(capture_file_new(&bad_filter, &error));
	g_assert_error(error, FAILURE, EINVAL);
	g_clear_error(&error);
	g_assert_null(capture_file_new(&bad_link, &error));
	g_assert_error(error, FAILURE, ENOTSUP);
}

static void test_file(void)
{
	static const uint8_t data[] = {1, 2, 3};
	/* Of a machine with these numbers in this order. */
	const uint32_t header[] = {0xa1b23c4d, 2 | 4 << 16, 0, 0, 1000, 1};
	const uint32_t record[] = {12, 345678901, 3, 77};
	const struct packet packet = {{12, 345678901}, 3, 77, data};
	char buffer[100];
	int pair[2], failure;

	g_assert_cmpint(pipe2(pair, O_CLOEXEC), ==, 0);
	struct capture_file *file = make_file("", false, 1000);
	FILE *stream = patient_output_open(pair[1], -1, &failure);
	g_assert_true(capture_file_begin(file, stream, NULL));
	capture_file_flush(file);
	g_assert_cmpint(read(pair[0], buffer, sizeof(buffer)), ==, CAPTURE_FILE_HEADER);
	g_assert_cmpmem(buffer, CAPTURE_FILE_HEADER, header, sizeof(header));
	capture_file_write(file, &packet);
	capture_file_flush(file);
	g_assert_cmpint(read(pair[0], buffer, sizeof(buffer)), ==, CAPTURE_PACKET_HEADER + 3);
	g_assert_cmpmem(buffer, CAPTURE_PACKET_HEADER, record, sizeof(record));
	g_assert_cmpmem(buffer + CAPTURE_PACKET_HEADER, 3, data, 3);
	g_assert_cmpint(failure, ==, 0);
	capture_file_free(file);
	close(pair[0]);
	close(pair[1]);
}

/* --- output --- */

static gpointer read_slowly(gpointer data)
{
	const int *fd = data;
	size_t total = 0;
	char buffer[4096];
	ssize_t size;

	while ((size = read(*fd, buffer, sizeof(buffer))) > 0)
		total += (size_t)size;
	return GSIZE_TO_POINTER(total);
}

static void test_output_waits(void)
{
	enum { SIZE = 300000 };
	g_autofree char *data = g_malloc0(SIZE);
	int pair[2], failure;

	g_assert_cmpint(pipe2(pair, O_CLOEXEC), ==, 0);
	FILE *stream = patient_output_open(pair[1], -1, &failure);
	GThread *reader = g_thread_new("reader", read_slowly, &pair[0]);
	g_assert_cmpuint(fwrite(data, 1, SIZE, stream), ==, SIZE);
	g_assert_cmpint(fclose(stream), ==, 0);
	close(pair[1]);
	g_assert_cmpuint(GPOINTER_TO_SIZE(g_thread_join(reader)), ==, SIZE);
	g_assert_cmpint(failure, ==, 0);
	close(pair[0]);
}

/* Nobody reads, and all should end. */
static void test_output_gives_up(void)
{
	enum { SIZE = 3000000 };
	g_autofree char *data = g_malloc0(SIZE);
	int pair[2], stop[2], failure;

	g_assert_cmpint(pipe2(pair, O_CLOEXEC), ==, 0);
	g_assert_cmpint(pipe2(stop, O_CLOEXEC), ==, 0);
	g_assert_cmpint(write(stop[1], "", 1), ==, 1);
	FILE *stream = patient_output_open(pair[1], stop[0], &failure);
	fwrite(data, 1, SIZE, stream);
	fflush(stream);
	g_assert_true(ferror(stream));
	g_assert_cmpint(failure, ==, ECANCELED);
	fclose(stream);
	for (size_t i = 0; i < 2; i++) {
		close(pair[i]);
		close(stop[i]);
	}
}

static void test_output_fails(void)
{
	int failure;
	autoclose int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	FILE *stream = patient_output_open(fd, -1, &failure);

	g_assert_cmpint(failure, ==, 0);
	fputs("text", stream);
	g_assert_cmpint(fflush(stream), ==, EOF);
	g_assert_cmpint(failure, ==, ENOSPC);
	fclose(stream);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(ring_cases); i++) {
		g_autofree char *path = g_strconcat("/capture/ring/", ring_cases[i].name, NULL);
		g_test_add_data_func(path, &ring_cases[i], test_ring);
	}
	g_test_add_func("/capture/ring/cooked-header", test_cooked_header);
	g_test_add_func("/capture/ring/dropped", test_dropped);
	g_test_add_func("/capture/interface", test_interface);
	g_test_add_func("/capture/file/bad", test_bad_formats);
	g_test_add_func("/capture/file/bytes", test_file);
	g_test_add_func("/capture/output/waits", test_output_waits);
	g_test_add_func("/capture/output/gives-up", test_output_gives_up);
	g_test_add_func("/capture/output/fails", test_output_fails);
	return g_test_run();
}
