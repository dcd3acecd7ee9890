/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limit - what a container may use at most, as values */
#include "launcher/limit.h"

#include <errno.h>
#include <string.h>

#include "launcher/cpu_list.h"
#include "src/failure.h"
#include "src/json_add.h"
#include "src/number.h"

/* Less does not even hold the container's own PID 1. */
#define MEMORY_MIN (1024 * 1024)
/* Larger numbers are not exact in JSON, and memory.max would take them for "max". */
#define MEMORY_MAX (G_GUINT64_CONSTANT(1) << 53)
/* The kernel takes no quota below a millisecond. */
#define QUOTA_MIN (LIMITS_CPU_PERIOD / 100)
#define QUOTA_MAX (G_GUINT64_CONSTANT(10000) * LIMITS_CPU_PERIOD)
/* PID_MAX_LIMIT of 64-bit kernels */
#define PIDS_MAX      4194304
#define IO_WEIGHT_MAX 10000

struct description {
	const char *name;
	const char *controller;
	guint64 min, max;
	bool can_lift;
	const char *range; /* in words */
	const char *cure;
};

static const struct description descriptions[N_LIMITS] = {
	[LIMIT_MEMORY] = {"memory", "memory", MEMORY_MIN, MEMORY_MAX, true, "from 1m to 8192t",
			  "give a number with b, k, m, g or t, e.g. --memory 512m"},
	[LIMIT_MEMORY_SWAP] = {"memory-swap", "memory", MEMORY_MIN, MEMORY_MAX, true,
			       "from 1m to 8192t",
			       "give memory and swap together, e.g. --memory-swap 1g, or -1 for "
			       "any amount of swap"},
	[LIMIT_CPUS] = {"cpus", "cpu", QUOTA_MIN, QUOTA_MAX, true, "from 0.01 to 10000",
			"give a number of CPUs, e.g. --cpus 1.5"},
	[LIMIT_CPUSET_CPUS] = {"cpuset-cpus", "cpuset", 0, 0, true, "",
			       "give numbers and ranges of CPUs, e.g. --cpuset-cpus 0-2,5"},
	[LIMIT_PIDS] = {"pids-limit", "pids", 1, PIDS_MAX, true, "from 1 to 4194304",
			"give a number of processes and threads, e.g. --pids-limit 200"},
	[LIMIT_IO_WEIGHT] = {"io-weight", "io", 1, IO_WEIGHT_MAX, false, "from 1 to 10000",
			     "give a weight, e.g. --io-weight 50; others have 100"},
};

const char *limits_controller(enum limit limit)
{
	return descriptions[limit].controller;
}

const char *limits_name(enum limit limit)
{
	return descriptions[limit].name;
}

static bool parse_cpus(const char *text, guint64 *ret_value)
{
	return number_take_decimal(&text, LIMITS_CPU_PERIOD, ret_value) && !*text;
}

static bool parse_count(const char *text, guint64 *ret_value)
{
	return g_ascii_isdigit(*text) && number_take_decimal(&text, 1, ret_value) && !*text &&
	       !strchr(text, '.');
}

static bool parse_number(enum limit limit, const char *text, guint64 *ret_value)
{
	if (limit == LIMIT_MEMORY || limit == LIMIT_MEMORY_SWAP)
		return number_parse_size(text, ret_value);
	if (limit == LIMIT_CPUS)
		return parse_cpus(text, ret_value);
	return strspn(text, "0123456789") == strlen(text) && parse_count(text, ret_value);
}

static bool refuse(const struct description *about, const char *value, GError **error)
{
	failure_set(error, EINVAL, about->cure, "'%s' is no value for --%s", value, about->name);
	return false;
}

static bool parse_cpuset(struct limits *limits, const char *value, GError **error)
{
	struct cpu_list list;

	if (!cpu_list_parse(value, &list) || strlen(value) >= sizeof(limits->cpus))
		return refuse(&descriptions[LIMIT_CPUSET_CPUS], value, error);
	g_strlcpy(limits->cpus, value, sizeof(limits->cpus));
	return true;
}

static bool parse_value(enum limit limit, const char *value, guint64 *ret_value, GError **error)
{
	const struct description *about = &descriptions[limit];
	guint64 number;

	if (!parse_number(limit, value, &number))
		return refuse(about, value, error);
	if (number < about->min || number > about->max) {
		failure_set(error, ERANGE, about->cure, "--%s must be %s, not '%s'", about->name,
			    about->range, value);
		return false;
	}
	*ret_value = number;
	return true;
}

static bool find_limit(const char *name, enum limit *ret_limit)
{
	for (int i = 0; i < N_LIMITS; i++) {
		if (!g_str_equal(descriptions[i].name, name))
			continue;
		*ret_limit = (enum limit)i;
		return true;
	}
	return false;
}

bool limits_parse_member(struct limits *limits, const char *name, const char *value, GError **error)
{
	enum limit limit;

	if (!find_limit(name, &limit)) {
		failure_set(error, EINVAL,
			    "there are memory, memory-swap, cpus, cpuset-cpus, pids-limit and "
			    "io-weight",
			    "'%s' is no limit", name);
		return false;
	}
	if (descriptions[limit].can_lift &&
	    (g_str_equal(value, "max") || g_str_equal(value, "-1"))) {
		limits->values[limit] = LIMIT_NONE;
		if (limit == LIMIT_CPUSET_CPUS)
			limits->cpus[0] = '\0';
	} else if (limit == LIMIT_CPUSET_CPUS) {
		if (!parse_cpuset(limits, value, error))
			return false;
		limits->values[limit] = 0;
	} else if (!parse_value(limit, value, &limits->values[limit], error)) {
		return false;
	}
	limits->is_set[limit] = true;
	return true;
}

bool limits_check(const struct limits *limits, GError **error)
{
	guint64 memory = limits->values[LIMIT_MEMORY];
	guint64 both = limits->values[LIMIT_MEMORY_SWAP];

	if (!limits->is_set[LIMIT_MEMORY_SWAP] || both == LIMIT_NONE)
		return true;
	if (!limits->is_set[LIMIT_MEMORY] || memory == LIMIT_NONE) {
		failure_set(error, EINVAL,
			    "add --memory, of which --memory-swap is the sum with swap",
			    "--memory-swap is nothing without --memory");
		return false;
	}
	if (both < memory) {
		failure_set(
			error, ERANGE,
			"--memory-swap counts memory and swap together: give at least --memory, "
			"or -1",
			"--memory-swap (%" G_GUINT64_FORMAT
			" bytes) is less than --memory (%" G_GUINT64_FORMAT ")",
			both, memory);
		return false;
	}
	return true;
}

void limits_merge(struct limits *limits, const struct limits *changes)
{
	for (int i = 0; i < N_LIMITS; i++) {
		if (!changes->is_set[i])
			continue;
		limits->is_set[i] = true;
		limits->values[i] = changes->values[i];
	}
	if (changes->is_set[LIMIT_CPUSET_CPUS])
		memcpy(limits->cpus, changes->cpus, sizeof(limits->cpus));
}

bool limits_any(const struct limits *limits)
{
	for (int i = 0; i < N_LIMITS; i++)
		if (limits->is_set[i])
			return true;
	return false;
}

guint64 limits_swap(const struct limits *limits)
{
	guint64 memory = limits->values[LIMIT_MEMORY];

	if (!limits->is_set[LIMIT_MEMORY_SWAP])
		return memory;
	if (limits->values[LIMIT_MEMORY_SWAP] == LIMIT_NONE || memory == LIMIT_NONE)
		return LIMIT_NONE;
	return limits->values[LIMIT_MEMORY_SWAP] - memory;
}

void limits_add_json(const struct limits *limits, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "limits");
	json_builder_begin_object(builder);
	for (int i = 0; i < N_LIMITS; i++) {
		guint64 value = limits->values[i];
		if (!limits->is_set[i])
			continue;
		json_builder_set_member_name(builder, limits_name((enum limit)i));
		if (value == LIMIT_NONE)
			json_builder_add_int_value(builder, -1);
		else if (i == LIMIT_CPUSET_CPUS)
			json_builder_add_string_value(builder, limits->cpus);
		else if (i == LIMIT_CPUS)
			json_builder_add_double_value(builder, (double)value / LIMITS_CPU_PERIOD);
		else
			json_builder_add_int_value(builder, (gint64)value);
	}
	json_builder_end_object(builder);
}
