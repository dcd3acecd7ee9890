/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_stats - a cgroup's counters as JSON */
#include "launcher/cgroup_stats.h"

#include <string.h>

#include <glib.h>

#include "launcher/cgroup_dir.h"
#include "src/json_add.h"

typedef void (*add_function)(JsonBuilder *builder, const char *text);

struct source {
	const char *member;
	const char *file;
	add_function add;
	bool is_inner; /* not hierarchical in all kernels: read it where the processes are */
};

static void add_value(JsonBuilder *builder, const char *text)
{
	char *end;
	gint64 number = g_ascii_strtoll(text, &end, 10);

	if (end != text && !*end)
		json_builder_add_int_value(builder, number);
	else if (g_str_equal(text, "max"))
		json_builder_add_null_value(builder);
	else if (end != text && *end == '.')
		json_builder_add_double_value(builder, g_ascii_strtod(text, NULL));
	else
		json_builder_add_string_value(builder, text);
}

static void add_text(JsonBuilder *builder, const char *text)
{
	json_builder_add_string_value(builder, text);
}

/* "KEY=VALUE ..." */
static void add_pairs(JsonBuilder *builder, char **words)
{
	for (char **word = words; *word; word++) {
		char *equals = strchr(*word, '=');
		if (!equals)
			continue;
		*equals = '\0';
		json_builder_set_member_name(builder, *word);
		add_value(builder, equals + 1);
	}
}

/* Lines of "KEY VALUE" */
static void add_flat(JsonBuilder *builder, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	json_builder_begin_object(builder);
	for (char **line = lines; *line; line++) {
		char *space = strchr(*line, ' ');
		if (!space)
			continue;
		*space = '\0';
		json_builder_set_member_name(builder, *line);
		add_value(builder, space + 1);
	}
	json_builder_end_object(builder);
}

/* Lines of "some avg10=0.00 ... total=0" */
static void add_pressure(JsonBuilder *builder, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	json_builder_begin_object(builder);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", -1);
		if (!words[0])
			continue;
		json_builder_set_member_name(builder, words[0]);
		json_builder_begin_object(builder);
		add_pairs(builder, words + 1);
		json_builder_end_object(builder);
	}
	json_builder_end_object(builder);
}

/* Lines of "MAJOR:MINOR rbytes=0 ..." */
static void add_devices(JsonBuilder *builder, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	json_builder_begin_array(builder);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", -1);
		if (!words[0])
			continue;
		json_builder_begin_object(builder);
		json_add_string(builder, "device", words[0]);
		add_pairs(builder, words + 1);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
}

static const struct source memory_sources[] = {
	{"current_bytes", "memory.current", add_value, false},
	{"peak_bytes", "memory.peak", add_value, false},
	{"max_bytes", "memory.max", add_value, false},
	{"swap_bytes", "memory.swap.current", add_value, false},
	{"swap_max_bytes", "memory.swap.max", add_value, false},
	{"events", "memory.events", add_flat, false},
	{"stat", "memory.stat", add_flat, false},
	{"pressure", "memory.pressure", add_pressure, false},
	{0},
};
static const struct source cpu_sources[] = {
	{"max", "cpu.max", add_text, false},
	{"stat", "cpu.stat", add_flat, false},
	{"cpus", "cpuset.cpus.effective", add_text, false},
	{"pressure", "cpu.pressure", add_pressure, false},
	{0},
};
static const struct source pids_sources[] = {
	{"current", "pids.current", add_value, false},
	{"peak", "pids.peak", add_value, false},
	{"max", "pids.max", add_value, false},
	{"events", "pids.events", add_flat, true},
	{0},
};
static const struct source io_sources[] = {
	{"stat", "io.stat", add_devices, false},
	{"pressure", "io.pressure", add_pressure, false},
	{0},
};

struct directories {
	int outer, inner;
};

static void add_group(const struct directories *from, JsonBuilder *builder, const char *name,
		      const struct source *sources)
{
	json_builder_set_member_name(builder, name);
	json_builder_begin_object(builder);
	for (const struct source *source = sources; source->member; source++) {
		g_autofree char *text =
			cgroup_dir_read(source->is_inner ? from->inner : from->outer, source->file);
		if (!text)
			continue;
		json_builder_set_member_name(builder, source->member);
		source->add(builder, text);
	}
	json_builder_end_object(builder);
}

void cgroup_stats_add(int dir, int inner, JsonBuilder *builder)
{
	const struct directories from = {dir, inner};

	add_group(&from, builder, "memory", memory_sources);
	add_group(&from, builder, "cpu", cpu_sources);
	add_group(&from, builder, "pids", pids_sources);
	add_group(&from, builder, "io", io_sources);
}
