/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_limits - limits as the control files of a cgroup */
#include "launcher/cgroup_limits.h"

#include <errno.h>
#include <string.h>

#include "launcher/cgroup_dir.h"
#include "launcher/cpu_list.h"
#include "src/failure.h"

static char *number_or_max(guint64 value)
{
	return value == LIMIT_NONE ? g_strdup("max") : g_strdup_printf("%" G_GUINT64_FORMAT, value);
}

static bool write_limit(int dir, enum limit limit, const char *file, const char *text,
			GError **error)
{
	if (cgroup_dir_write(dir, file, text))
		return true;
	const char *cure = errno == EBUSY ? "more is in use already: give a larger value" : NULL;
	failure_set(error, errno, cure, "--%s: write '%s' to %s: %s", limits_name(limit), text,
		    file, g_strerror(errno));
	return false;
}

static bool write_swap(int dir, const struct limits *limits, GError **error)
{
	g_autofree char *text = number_or_max(limits_swap(limits));

	if (cgroup_dir_has(dir, "memory.swap.max"))
		return write_limit(dir, LIMIT_MEMORY_SWAP, "memory.swap.max", text, error);
	/* Nobody asked for it: then a kernel that does not count swap may go without. */
	if (!limits->is_set[LIMIT_MEMORY_SWAP])
		return true;
	failure_set(error, ENOTSUP, "boot with swapaccount=1 on the kernel's command line",
		    "--memory-swap: this kernel does not count swap for each cgroup");
	return false;
}

/* Swap first: lowering memory.max below what is in use pushes pages out there, or kills. */
static bool write_memory(int dir, const struct limits *limits, GError **error)
{
	g_autofree char *text = number_or_max(limits->values[LIMIT_MEMORY]);

	if (!limits->is_set[LIMIT_MEMORY])
		return true;
	return write_swap(dir, limits, error) &&
	       write_limit(dir, LIMIT_MEMORY, "memory.max", text, error);
}

static bool write_cpus(int dir, const struct limits *limits, GError **error)
{
	g_autofree char *quota = number_or_max(limits->values[LIMIT_CPUS]);
	g_autofree char *text = g_strdup_printf("%s %d", quota, LIMITS_CPU_PERIOD);

	return !limits->is_set[LIMIT_CPUS] || write_limit(dir, LIMIT_CPUS, "cpu.max", text, error);
}

/* The kernel takes CPUs that are not there, and then does not keep to the list. */
static bool check_effective(int dir, const char *wanted, GError **error)
{
	g_autofree char *text = cgroup_dir_read(dir, "cpuset.cpus.effective");
	struct cpu_list asked, have;

	if (!text || !cpu_list_parse(text, &have) || !cpu_list_parse(wanted, &asked))
		return true;
	if (cpu_list_contains(&have, &asked) && cpu_list_contains(&asked, &have))
		return true;
	failure_set(error, ERANGE, "see cpuset.cpus.effective in the cgroup above for those it has",
		    "--cpuset-cpus %s: the cgroup cannot have these CPUs, but %s", wanted, text);
	return false;
}

static bool write_cpuset(int dir, const struct limits *limits, GError **error)
{
	/* An empty write(2) is none. */
	const char *text = limits->cpus[0] ? limits->cpus : "\n";

	if (!limits->is_set[LIMIT_CPUSET_CPUS])
		return true;
	if (!cgroup_dir_write(dir, "cpuset.cpus", text)) {
		bool absent = errno == ERANGE || errno == EINVAL;
		failure_set(error, errno, absent ? "see nproc, and /proc/cpuinfo" : NULL,
			    "--cpuset-cpus %s: %s", limits->cpus,
			    absent ? "this machine does not have these CPUs" : g_strerror(errno));
		return false;
	}
	return !limits->cpus[0] || check_effective(dir, limits->cpus, error);
}

static bool write_pids(int dir, const struct limits *limits, GError **error)
{
	g_autofree char *text = number_or_max(limits->values[LIMIT_PIDS]);

	return !limits->is_set[LIMIT_PIDS] || write_limit(dir, LIMIT_PIDS, "pids.max", text, error);
}

/* BFQ's weights end at 1000; both have 100 as that of a cgroup that nobody cared for. */
static guint64 bfq_weight(guint64 weight)
{
	return weight <= 100 ? weight : 100 + (weight - 100) * 900 / 9900;
}

static bool write_io(int dir, const struct limits *limits, GError **error)
{
	guint64 weight = limits->values[LIMIT_IO_WEIGHT];
	bool is_bfq = !cgroup_dir_has(dir, "io.weight");
	const char *file = is_bfq ? "io.bfq.weight" : "io.weight";
	g_autofree char *text = number_or_max(is_bfq ? bfq_weight(weight) : weight);

	if (!limits->is_set[LIMIT_IO_WEIGHT])
		return true;
	if (cgroup_dir_has(dir, file))
		return write_limit(dir, LIMIT_IO_WEIGHT, file, text, error);
	failure_set(error, ENOTSUP,
		    "as root: modprobe bfq, or take a kernel with CONFIG_BLK_CGROUP_IOCOST",
		    "--io-weight: this kernel has no I/O scheduler that knows weights");
	return false;
}

bool cgroup_limits_write(int dir, const struct limits *limits, GError **error)
{
	return write_memory(dir, limits, error) && write_cpus(dir, limits, error) &&
	       write_cpuset(dir, limits, error) && write_pids(dir, limits, error) &&
	       write_io(dir, limits, error);
}
