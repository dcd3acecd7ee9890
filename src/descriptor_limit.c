/* SPDX-License-Identifier: GPL-2.0-or-later */
/* descriptor_limit - how many descriptors the calling process may have (RLIMIT_NOFILE) */
#include "src/descriptor_limit.h"

#include <stddef.h>

#define RESERVE_MAX 64

static void set_soft(rlim_t soft)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

void descriptor_limit_raise(struct rlimit *ret_before)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (ret_before)
		*ret_before = limit;
	set_soft(limit.rlim_max);
}

void descriptor_limit_open_reserve(bool is_open)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	rlim_t reserve = limit.rlim_max / 8 < RESERVE_MAX ? limit.rlim_max / 8 : RESERVE_MAX;
	set_soft(is_open ? limit.rlim_max : limit.rlim_max - reserve);
}

void descriptor_limit_restore(const struct rlimit *before)
{
	if (before->rlim_cur > 0)
		set_soft(before->rlim_cur);
}
