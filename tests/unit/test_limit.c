/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_limit - values of limits, lists of CPUs, and their options */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "launcher/cpu_list.h"
#include "launcher/limit.h"
#include "launcher/options_limits.h"
#include "src/failure.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

struct good {
	const char *name, *value;
	enum limit limit;
	guint64 number;
};

static const struct good good_values[] = {
	{"memory", "1048576", LIMIT_MEMORY, MIB},
	{"memory", "1048576b", LIMIT_MEMORY, MIB},
	{"memory", "1024k", LIMIT_MEMORY, MIB},
	{"memory", "512m", LIMIT_MEMORY, 512 * MIB},
	{"memory", "512M", LIMIT_MEMORY, 512 * MIB},
	{"memory", "512mb", LIMIT_MEMORY, 512 * MIB},
	{"memory", "512MiB", LIMIT_MEMORY, 512 * MIB},
	{"memory", "1.5g", LIMIT_MEMORY, 1536 * MIB},
	{"memory", ".5g", LIMIT_MEMORY, 512 * MIB},
	{"memory", "1.123456789g", LIMIT_MEMORY, 1206301694},
	{"memory", "8192t", LIMIT_MEMORY, G_GUINT64_CONSTANT(1) << 53},
	{"memory", "max", LIMIT_MEMORY, LIMIT_NONE},
	{"memory-swap", "-1", LIMIT_MEMORY_SWAP, LIMIT_NONE},
	{"memory-swap", "1g", LIMIT_MEMORY_SWAP, 1024 * MIB},
	{"cpus", "1", LIMIT_CPUS, LIMITS_CPU_PERIOD},
	{"cpus", "1.5", LIMIT_CPUS, 150000},
	{"cpus", "0.01", LIMIT_CPUS, 1000},
	{"cpus", "10000", LIMIT_CPUS, 1000000000},
	{"pids-limit", "1", LIMIT_PIDS, 1},
	{"pids-limit", "4194304", LIMIT_PIDS, 4194304},
	{"pids-limit", "-1", LIMIT_PIDS, LIMIT_NONE},
	{"io-weight", "10000", LIMIT_IO_WEIGHT, 10000},
};

static void test_good(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(good_values); i++) {
		const struct good *good = &good_values[i];
		g_autoptr(GError) error = NULL;
		struct limits limits = {0};

		g_test_message("%s=%s", good->name, good->value);
		limits_parse_member(&limits, good->name, good->value, &error);
		g_assert_no_error(error);
		g_assert_true(limits.is_set[good->limit]);
		g_assert_cmpuint(limits.values[good->limit], ==, good->number);
	}
}

struct bad {
	const char *name, *value;
	int code;
};

static const struct bad bad_values[] = {
	{"memory", "", EINVAL},
	{"memory", "lots", EINVAL},
	{"memory", "12x", EINVAL},
	{"memory", "12mm", EINVAL},
	{"memory", "12bb", EINVAL},
	{"memory", "12 m", EINVAL},
	{"memory", " 12m", EINVAL},
	{"memory", "-12m", EINVAL},
	{"memory", "+12m", EINVAL},
	{"memory", "1.", EINVAL},
	{"memory", ".g", EINVAL},
	{"memory", "1e9", EINVAL},
	{"memory", "0x100000", EINVAL},
	{"memory", "0", ERANGE},
	{"memory", "1023k", ERANGE},
	{"memory", "8193t", ERANGE},
	{"memory", "99999999999999999999999999", ERANGE},
	{"memory", "99999999999999999999999999t", ERANGE},
	{"memory", "18446744073709551615", ERANGE},
	{"memory", "-2", EINVAL},
	{"memory-swap", "-2", EINVAL},
	{"memory-swap", "0", ERANGE},
	{"cpus", "0", ERANGE},
	{"cpus", "0.009", ERANGE},
	{"cpus", "10000.1", ERANGE},
	{"cpus", "1,5", EINVAL},
	{"cpus", "nan", EINVAL},
	{"cpus", "inf", EINVAL},
	{"cpus", "1.5k", EINVAL},
	{"pids-limit", "0", ERANGE},
	{"pids-limit", "4194305", ERANGE},
	{"pids-limit", "1.5", EINVAL},
	{"pids-limit", "1k", EINVAL},
	{"io-weight", "0", ERANGE},
	{"io-weight", "10001", ERANGE},
	{"io-weight", "max", EINVAL},
	{"io-weight", "-1", EINVAL},
	{"cpuset-cpus", "", EINVAL},
	{"cpuset-cpus", "2-1", EINVAL},
	{"cpuset-cpus", "0,,1", EINVAL},
	{"cpuset-cpus", "0, 1", EINVAL},
	{"cpuset-cpus", "8192", EINVAL},
	{"blkio-weight", "10", EINVAL},
};

static void test_bad(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(bad_values); i++) {
		const struct bad *bad = &bad_values[i];
		g_autoptr(GError) error = NULL;
		struct limits limits = {0};

		g_test_message("%s=%s", bad->name, bad->value);
		g_assert_false(limits_parse_member(&limits, bad->name, bad->value, &error));
		g_assert_error(error, FAILURE, bad->code);
		g_assert_nonnull(strstr(error->message, bad->name));
		g_assert_nonnull(failure_cure(error));
		g_assert_false(limits_any(&limits));
	}
}

static struct limits make(const char *memory, const char *swap)
{
	struct limits limits = {0};

	if (memory)
		g_assert_true(limits_parse_member(&limits, "memory", memory, NULL));
	if (swap)
		g_assert_true(limits_parse_member(&limits, "memory-swap", swap, NULL));
	return limits;
}

static void test_swap(void)
{
	struct limits limits = make("64m", NULL);

	g_assert_true(limits_check(&limits, NULL));
	g_assert_cmpuint(limits_swap(&limits), ==, 64 * MIB);
	limits = make("64m", "100m");
	g_assert_true(limits_check(&limits, NULL));
	g_assert_cmpuint(limits_swap(&limits), ==, 36 * MIB);
	limits = make("64m", "64m");
	g_assert_true(limits_check(&limits, NULL));
	g_assert_cmpuint(limits_swap(&limits), ==, 0);
	limits = make("64m", "-1");
	g_assert_true(limits_check(&limits, NULL));
	g_assert_cmpuint(limits_swap(&limits), ==, LIMIT_NONE);
	limits = make("max", NULL);
	g_assert_cmpuint(limits_swap(&limits), ==, LIMIT_NONE);
}

static void test_cross(void)
{
	const char *const pairs[][2] = {{NULL, "64m"}, {"max", "64m"}, {"64m", "63m"}};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		struct limits limits = make(pairs[i][0], pairs[i][1]);
		g_autoptr(GError) error = NULL;

		g_assert_false(limits_check(&limits, &error));
		g_assert_nonnull(failure_cure(error));
	}
}

static void test_merge(void)
{
	struct limits limits = make("64m", NULL), changes = make("128m", NULL);

	g_assert_true(limits_parse_member(&limits, "cpuset-cpus", "0-2,5", NULL));
	limits_merge(&limits, &changes);
	g_assert_cmpuint(limits.values[LIMIT_MEMORY], ==, 128 * MIB);
	g_assert_cmpstr(limits.cpus, ==, "0-2,5");
	g_assert_true(limits_parse_member(&changes, "cpuset-cpus", "max", NULL));
	limits_merge(&limits, &changes);
	g_assert_cmpstr(limits.cpus, ==, "");
}

static void test_json(void)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	struct limits limits = make("64m", "-1");

	g_assert_true(limits_parse_member(&limits, "cpus", "1.5", NULL));
	g_assert_true(limits_parse_member(&limits, "cpuset-cpus", "1", NULL));
	json_builder_begin_object(builder);
	limits_add_json(&limits, builder);
	json_builder_end_object(builder);
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	g_autofree char *text = json_to_string(root, FALSE);
	g_assert_cmpstr(text, ==,
			"{\"limits\":{\"memory\":67108864,\"memory-swap\":-1,\"cpus\":1.5,"
			"\"cpuset-cpus\":\"1\"}}");
}

static void test_cpu_list(void)
{
	struct cpu_list all, part, other;

	g_assert_true(cpu_list_parse("0-7\n", &all));
	g_assert_true(cpu_list_parse("0,3-4,7", &part));
	g_assert_true(cpu_list_parse("8191", &other));
	g_assert_true(cpu_list_contains(&all, &part));
	g_assert_false(cpu_list_contains(&part, &all));
	g_assert_false(cpu_list_contains(&all, &other));
	g_assert_false(cpu_list_parse("0\n1", &all));
	g_assert_false(cpu_list_parse("0-", &all));
	g_assert_false(cpu_list_parse("-1", &all));
	g_assert_false(cpu_list_parse("99999999999999", &all));
}

/* --- options --- */

static bool parse_options(struct limits_options *options, const char *line, GError **error)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);

	limits_options_init(options);
	g_option_context_add_group(context, limits_options_group(options));
	return g_option_context_parse_strv(context, &words, error) &&
	       limits_options_check(options, error);
}

static void test_options(void)
{
	g_autoptr(GError) error = NULL;
	struct limits_options options;

	parse_options(&options,
		      "x --memory 64m --memory-swap=128m --cpus 0.5 --cpuset-cpus 0 "
		      "--pids-limit 20 --io-weight 50 --oom-score-adj 500 --ulimit nofile=10:20 "
		      "--ulimit core=0 --cgroup-parent /a --cgroup-parent /b",
		      &error);
	g_assert_no_error(error);
	for (int i = 0; i < N_LIMITS; i++)
		g_assert_true(options.limits.is_set[i]);
	g_assert_cmpuint(options.limits.values[LIMIT_PIDS], ==, 20);
	g_assert_cmpuint(options.rlimits.values[RLIMIT_NOFILE].rlim_max, ==, 20);
	g_assert_true(options.rlimits.is_set[RLIMIT_CORE]);
	g_assert_true(options.rlimits.has_oom_score);
	g_assert_cmpint(options.rlimits.oom_score, ==, 500);
	g_assert_cmpstr(options.cgroup_parent, ==, "/b");
	limits_options_done(&options);
}

static void test_bad_options(void)
{
	const char *const lines[] = {
		"x --memory",
		"x --memory 1",
		"x --memory-swap 64m",
		"x --memory 64m --memory-swap 32m",
		"x --cpus many",
		"x --oom-score-adj 1001",
		"x --oom-score-adj -1001",
		"x --oom-score-adj 1x",
		"x --cgroup-parent relative",
		"x --cgroup-parent=",
		"x --ulimit nofile",
		"x --ulimit nofiles=1",
		"x --ulimit nofile=1:2:3",
		"x --ulimit nofile=2:1",
		"x --ulimit nofile=unlimited",
		"x --ulimit =1",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GError) error = NULL;
		struct limits_options options;

		g_test_message("%s", lines[i]);
		g_assert_false(parse_options(&options, lines[i], &error));
		g_assert_nonnull(error);
		/* The others are GOption's own; options.c gives them their cure. */
		if (error->domain == FAILURE)
			g_assert_nonnull(failure_cure(error));
		limits_options_done(&options);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/limit/good", test_good);
	g_test_add_func("/limit/bad", test_bad);
	g_test_add_func("/limit/swap", test_swap);
	g_test_add_func("/limit/cross", test_cross);
	g_test_add_func("/limit/merge", test_merge);
	g_test_add_func("/limit/json", test_json);
	g_test_add_func("/limit/cpu-list", test_cpu_list);
	g_test_add_func("/limit/options", test_options);
	g_test_add_func("/limit/bad-options", test_bad_options);
	return g_test_run();
}
