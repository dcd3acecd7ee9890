/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet_ring - reads a packet(7) socket through memory that is shared with the kernel */
#include "src/ctl/watch/packet_ring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "src/autoclose.h"
#include "src/ctl/capture_options.h"
#include "src/failure.h"

/* A block holds the largest packet, and a ring some milliseconds of the fastest link. */
#define BLOCK_SIZE (2u * CAPTURE_SNAPLEN_MAX)
#define BLOCKS	   32u
#define BLOCKS_MIN 2u
/* Without a meaning for TPACKET_V3, but checked. */
#define FRAME_SIZE 2048u

/* LINKTYPE_LINUX_SLL2 of the pcap file format; numbers in network byte order. */
struct cooked_header {
	uint16_t protocol, reserved;
	uint32_t interface;
	uint16_t hardware_type;
	uint8_t packet_type, address_size, address[8];
};

/* Offset of the place for a VLAN tag in a frame. */
#define TAG_OFFSET (2 * ETH_ALEN)
#define TAG_SIZE   4

struct packet_ring {
	int socket;
	bool cooked;
	uint8_t *memory;
	size_t size;
	unsigned n_blocks, next;
	uint64_t dropped;
};

static bool set_option(int socket, int option, const void *value, socklen_t size, GError **error)
{
	return setsockopt(socket, SOL_PACKET, option, value, size) == 0 ||
	       failure_errno(error, "set up the ring of a packet socket");
}

/* As many blocks as the kernel has memory for. */
static bool make_ring(struct packet_ring *ring, GError **error)
{
	static const int version = TPACKET_V3;
	/* What is put in front of a packet. */
	static const unsigned reserve = sizeof(struct cooked_header);
	struct tpacket_req3 request = {
		.tp_block_size = BLOCK_SIZE,
		.tp_block_nr = BLOCKS,
		.tp_frame_size = FRAME_SIZE,
		.tp_retire_blk_tov = PACKET_RING_DELAY_MS,
	};

	if (!set_option(ring->socket, PACKET_VERSION, &version, sizeof(version), error) ||
	    !set_option(ring->socket, PACKET_RESERVE, &reserve, sizeof(reserve), error))
		return false;
	for (; request.tp_block_nr > BLOCKS_MIN; request.tp_block_nr /= 2) {
		request.tp_frame_nr = request.tp_block_nr * (BLOCK_SIZE / FRAME_SIZE);
		if (set_option(ring->socket, PACKET_RX_RING, &request, sizeof(request), NULL))
			break;
	}
	request.tp_frame_nr = request.tp_block_nr * (BLOCK_SIZE / FRAME_SIZE);
	if (request.tp_block_nr == BLOCKS_MIN &&
	    !set_option(ring->socket, PACKET_RX_RING, &request, sizeof(request), error))
		return false;
	ring->n_blocks = request.tp_block_nr;
	ring->size = (size_t)ring->n_blocks * BLOCK_SIZE;
	return true;
}

struct packet_ring *packet_ring_new(int socket, bool cooked, GError **error)
{
	struct packet_ring *ring = g_new(struct packet_ring, 1);

	*ring = (struct packet_ring){.socket = socket, .cooked = cooked};
	if (!make_ring(ring, error)) {
		packet_ring_free(ring);
		return NULL;
	}
	void *memory = mmap(NULL, ring->size, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);
	if (memory == MAP_FAILED) {
		failure_errno(error, "map the ring of a packet socket");
		packet_ring_free(ring);
		return NULL;
	}
	ring->memory = memory;
	return ring;
}

void packet_ring_free(struct packet_ring *ring)
{
	if (!ring)
		return;
	if (ring->memory)
		munmap(ring->memory, ring->size);
	close_fd(&ring->socket);
	g_free(ring);
}

int packet_ring_fd(const struct packet_ring *ring)
{
	return ring->socket;
}

bool packet_ring_filter(struct packet_ring *ring, const void *instructions, unsigned n)
{
	const struct sock_fprog program = {.len = (unsigned short)n,
					   .filter = (struct sock_filter *)instructions};

	return n <= BPF_MAXINSNS && setsockopt(ring->socket, SOL_SOCKET, SO_ATTACH_FILTER, &program,
					       sizeof(program)) == 0;
}

bool packet_ring_start(struct packet_ring *ring, unsigned interface, GError **error)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)interface,
	};

	return bind(ring->socket, (const struct sockaddr *)&address, sizeof(address)) == 0 ||
	       failure_errno(error, "listen to the interface");
}

void packet_ring_stop(struct packet_ring *ring)
{
	static const struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, 0);

	packet_ring_filter(ring, &refuse, 1);
}

/* Each packet passes a loopback interface twice. */
static bool is_echo(const struct sockaddr_ll *address)
{
	return address->sll_hatype == ARPHRD_LOOPBACK && address->sll_pkttype == PACKET_OUTGOING;
}

static void add_cooked_header(struct packet *packet, uint8_t *data,
			      const struct sockaddr_ll *address)
{
	struct cooked_header header = {
		.protocol = address->sll_protocol,
		.interface = htonl((uint32_t)address->sll_ifindex),
		.hardware_type = htons(address->sll_hatype),
		.packet_type = address->sll_pkttype,
		.address_size = address->sll_halen,
	};

	memcpy(header.address, address->sll_addr, sizeof(header.address));
	memcpy(data - sizeof(header), &header, sizeof(header));
	packet->data = data - sizeof(header);
	packet->captured += sizeof(header);
	packet->length += sizeof(header);
}

/* The kernel takes the tag out of the frame; it belongs there. */
static void add_tag(struct packet *packet, uint8_t *data, const struct tpacket3_hdr *header)
{
	bool has_type = header->tp_status & TP_STATUS_VLAN_TPID_VALID;
	const uint16_t tag[] = {htons(has_type ? header->hv1.tp_vlan_tpid : ETH_P_8021Q),
				htons((uint16_t)header->hv1.tp_vlan_tci)};

	if (packet->captured < TAG_OFFSET)
		return;
	memmove(data - TAG_SIZE, data, TAG_OFFSET);
	memcpy(data - TAG_SIZE + TAG_OFFSET, tag, TAG_SIZE);
	packet->data = data - TAG_SIZE;
	packet->captured += TAG_SIZE;
	packet->length += TAG_SIZE;
}

static bool handle(const struct packet_ring *ring, uint8_t *frame, packet_handler handler,
		   void *opaque)
{
	const struct tpacket3_hdr *header = (const void *)frame;
	const struct sockaddr_ll *address =
		(const void *)(frame + TPACKET_ALIGN(sizeof(struct tpacket3_hdr)));
	uint8_t *data = frame + header->tp_mac;
	struct packet packet = {
		.time = {.tv_sec = header->tp_sec, .tv_nsec = header->tp_nsec},
		.captured = header->tp_snaplen,
		.length = header->tp_len,
		.data = data,
	};

	if (is_echo(address))
		return true;
	if (ring->cooked)
		add_cooked_header(&packet, data, address);
	else if (header->tp_status & TP_STATUS_VLAN_VALID)
		add_tag(&packet, data, header);
	return handler(&packet, opaque);
}

bool packet_ring_read(struct packet_ring *ring, packet_handler handler, void *opaque)
{
	uint8_t *memory = ring->memory + (size_t)ring->next * BLOCK_SIZE;
	struct tpacket_hdr_v1 *block = &((struct tpacket_block_desc *)(void *)memory)->hdr.bh1;
	bool goes_on = true;

	if (!(__atomic_load_n(&block->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		return false;
	uint8_t *frame = memory + block->offset_to_first_pkt;
	for (uint32_t i = 0; goes_on && i < block->num_pkts; i++) {
		uint32_t next = ((const struct tpacket3_hdr *)(void *)frame)->tp_next_offset;
		goes_on = handle(ring, frame, handler, opaque);
		frame += next;
	}
	__atomic_store_n(&block->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	ring->next = (ring->next + 1) % ring->n_blocks;
	return true;
}

void packet_ring_clear_error(struct packet_ring *ring)
{
	int error = 0;
	socklen_t size = sizeof(error);

	getsockopt(ring->socket, SOL_SOCKET, SO_ERROR, &error, &size);
}

uint64_t packet_ring_dropped(struct packet_ring *ring)
{
	struct tpacket_stats_v3 statistics;
	socklen_t size = sizeof(statistics);

	/* Reading resets them. */
	if (getsockopt(ring->socket, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0)
		ring->dropped += statistics.tp_drops;
	return ring->dropped;
}
