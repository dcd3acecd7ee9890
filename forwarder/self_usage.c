/* SPDX-License-Identifier: GPL-2.0-or-later */
/* self_usage - what this process uses of the machine */
#include "forwarder/self_usage.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

static uint64_t read_rss(void)
{
	g_autofree char *text = NULL;
	unsigned long size, resident;

	if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL) ||
	    sscanf(text, "%lu %lu", &size, &resident) != 2)
		return 0;
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t count_entries(const char *path)
{
	DIR *dir = opendir(path);
	uint64_t count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	/* "." and "..", and the directory's own descriptor. */
	return count > 3 ? count - 3 : 0;
}

/* From Linux 6.2 on the directory's size is the number: reading thousands of entries takes long. */
static uint64_t count_fds(void)
{
	struct stat status;

	if (stat("/proc/self/fd", &status) == 0 && status.st_size > 0)
		return (uint64_t)status.st_size;
	return count_entries("/proc/self/fd");
}

static uint64_t read_cpu(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) < 0)
		return 0;
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

void self_usage_read(struct self_usage *ret_usage)
{
	struct rlimit limit = {0};

	getrlimit(RLIMIT_NOFILE, &limit);
	*ret_usage = (struct self_usage){
		.rss_bytes = read_rss(),
		.cpu_us = read_cpu(),
		.n_fds = count_fds(),
		.fds_max = limit.rlim_cur,
	};
}
