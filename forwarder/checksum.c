/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checksum - the Internet checksum (RFC 1071) */
#include "forwarder/checksum.h"

#include <arpa/inet.h>

uint32_t checksum_add(uint32_t sum, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	if (size % 2)
		sum += (uint32_t)(bytes[size - 1] << 8);
	return sum;
}

uint16_t checksum_finish(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}
