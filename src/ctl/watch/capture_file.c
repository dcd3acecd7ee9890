/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture_file - filters and files of packets: the only place that knows libpcap */
#include "src/ctl/watch/capture_file.h"

#include <errno.h>
#include <net/if_arp.h>
#include <string.h>

#include <pcap/pcap.h>

#include "src/failure.h"

struct capture_file {
	pcap_t *format;
	struct bpf_program filter;
	bool filters_here;
	uint32_t snaplen;
	pcap_dumper_t *dumper;
};

static bool find_format(const struct capture_format *format, int *ret_format, GError **error)
{
	if (format->cooked) {
		*ret_format = DLT_LINUX_SLL2;
		return true;
	}
	switch (format->link_type) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		*ret_format = DLT_EN10MB;
		return true;
	case ARPHRD_NONE:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
		*ret_format = DLT_RAW;
		return true;
	default:
		failure_set(error, ENOTSUP, "capture from all interfaces: -i any",
			    "interfaces of type %d cannot be captured from", format->link_type);
		return false;
	}
}

static bool compile(struct capture_file *file, const char *expression, GError **error)
{
	if (pcap_compile(file->format, &file->filter, expression, 1, PCAP_NETMASK_UNKNOWN) == 0)
		return true;
	failure_set(error, EINVAL, "filters are described in pcap-filter(7), e.g. tcp port 80",
		    "the filter '%s' is wrong: %s", expression, pcap_geterr(file->format));
	return false;
}

struct capture_file *capture_file_new(const struct capture_format *format, GError **error)
{
	struct capture_file *file = g_new0(struct capture_file, 1);
	int link;

	if (!find_format(format, &link, error)) {
		g_free(file);
		return NULL;
	}
	file->snaplen = format->snaplen;
	file->filters_here = format->cooked || strstr(format->expression, "vlan");
	file->format = pcap_open_dead_with_tstamp_precision(link, (int)format->snaplen,
							    PCAP_TSTAMP_PRECISION_NANO);
	if (!compile(file, format->expression, error)) {
		capture_file_free(file);
		return NULL;
	}
	return file;
}

void capture_file_free(struct capture_file *file)
{
	if (!file)
		return;
	if (file->dumper)
		pcap_dump_close(file->dumper);
	pcap_freecode(&file->filter);
	pcap_close(file->format);
	g_free(file);
}

void capture_file_attach(struct capture_file *file, struct packet_ring *ring)
{
	const struct bpf_program *filter = &file->filter;

	/* The kernel has no room for very long ones. */
	if (!file->filters_here && !packet_ring_filter(ring, filter->bf_insns, filter->bf_len))
		file->filters_here = true;
}

bool capture_file_begin(struct capture_file *file, FILE *stream, GError **error)
{
	file->dumper = pcap_dump_fopen(file->format, stream);
	if (file->dumper)
		return true;
	failure_set(error, EIO, NULL, "begin the file: %s", pcap_geterr(file->format));
	fclose(stream);
	return false;
}

static struct pcap_pkthdr packet_header(const struct packet *packet)
{
	return (struct pcap_pkthdr){
		/* Nanoseconds, as the file was opened for them. */
		.ts = {.tv_sec = packet->time.tv_sec, .tv_usec = packet->time.tv_nsec},
		.caplen = packet->captured,
		.len = packet->length,
	};
}

bool capture_file_wants(const struct capture_file *file, struct packet *packet)
{
	const struct pcap_pkthdr header = packet_header(packet);

	packet->captured = MIN(packet->captured, file->snaplen);
	return !file->filters_here || pcap_offline_filter(&file->filter, &header, packet->data);
}

void capture_file_write(struct capture_file *file, const struct packet *packet)
{
	const struct pcap_pkthdr header = packet_header(packet);

	pcap_dump((u_char *)file->dumper, &header, packet->data);
}

void capture_file_flush(struct capture_file *file)
{
	pcap_dump_flush(file->dumper);
}
