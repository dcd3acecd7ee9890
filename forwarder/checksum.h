/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checksum - the Internet checksum (RFC 1071) */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Adds data to a sum that starts at 0. Pieces but the last must have an even size. Good for 128 KiB
 * in all.
 */
uint32_t checksum_add(uint32_t sum, const void *data, size_t size);

/* The checksum of a sum, in network byte order, ready to be stored. */
uint16_t checksum_finish(uint32_t sum);
