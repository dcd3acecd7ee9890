/* SPDX-License-Identifier: GPL-2.0-or-later */
/* self_usage - what this process uses of the machine */
#pragma once

#include <stdint.h>

struct self_usage {
	uint64_t rss_bytes;
	uint64_t cpu_us;  /* user and system, all threads */
	uint64_t n_fds;	  /* open descriptors */
	uint64_t fds_max; /* RLIMIT_NOFILE's soft limit */
};

/* What cannot be read is 0. */
void self_usage_read(struct self_usage *ret_usage);
