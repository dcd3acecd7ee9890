/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_filesystem - what state.json tells about the command's file system */
#include "launcher/report_filesystem.h"

#include <sys/mount.h>

#include "launcher/volume.h"
#include "src/json_add.h"

/* Paths are bytes; JSON is UTF-8. */
static void add_path(JsonBuilder *builder, const char *name, const char *path)
{
	g_autofree char *valid = g_utf8_make_valid(path, -1);

	json_add_string(builder, name, valid);
}

static void add_overlay(JsonBuilder *builder, const struct filesystem_options *options)
{
	json_builder_set_member_name(builder, "overlay");
	json_builder_begin_object(builder);
	json_add_bool(builder, "disposable", options->disposable);
	json_add_string(builder, "driver", overlay_driver_name(options->driver));
	if (options->overlay) {
		g_autofree char *directory = g_canonicalize_filename(options->overlay, NULL);

		add_path(builder, "directory", directory);
	}
	json_builder_end_object(builder);
}

static void add_options(JsonBuilder *builder, const struct volume *volume)
{
	static const struct {
		uint64_t attribute;
		const char *set, *clear;
	} names[] = {
		{MOUNT_ATTR_RDONLY, "ro", "rw"},
		{MOUNT_ATTR_NOSUID, "nosuid", NULL},
		{MOUNT_ATTR_NODEV, "nodev", NULL},
		{MOUNT_ATTR_NOEXEC, "noexec", NULL},
	};

	json_builder_set_member_name(builder, "options");
	json_builder_begin_array(builder);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		bool set = volume->attributes & names[i].attribute;
		const char *name = set ? names[i].set : names[i].clear;

		if (name)
			json_builder_add_string_value(builder, name);
	}
	for (guint i = 0; i + 1 < volume->options->len; i += 2) {
		g_autofree char *text =
			g_strdup_printf("%s=%s", (const char *)volume->options->pdata[i],
					(const char *)volume->options->pdata[i + 1]);

		json_builder_add_string_value(builder, text);
	}
	json_builder_end_array(builder);
}

static void add_volume(JsonBuilder *builder, const struct volume *volume)
{
	json_builder_begin_object(builder);
	json_add_string(builder, "type", volume->source ? "bind" : "tmpfs");
	if (volume->source) {
		g_autofree char *source = g_canonicalize_filename(volume->source, NULL);

		add_path(builder, "source", source);
	}
	add_path(builder, "destination", volume->target);
	add_options(builder, volume);
	json_builder_end_object(builder);
}

void report_filesystem(JsonBuilder *builder, const struct filesystem_options *options)
{
	json_add_bool(builder, "read_only", options->read_only);
	if (filesystem_options_overlay(options))
		add_overlay(builder, options);
	json_builder_set_member_name(builder, "mounts");
	json_builder_begin_array(builder);
	for (guint i = 0; i < options->volumes->len; i++)
		add_volume(builder, options->volumes->pdata[i]);
	json_builder_end_array(builder);
}
