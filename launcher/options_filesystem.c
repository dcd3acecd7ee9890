/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_filesystem - the options of netns-run about the command's file system */
#include "launcher/options_filesystem.h"

#include <errno.h>
#include <string.h>

#include "launcher/volume.h"
#include "src/failure.h"
#include "src/option_bytes.h"

static void free_volume(gpointer volume)
{
	volume_free(volume);
}

void filesystem_options_init(struct filesystem_options *options)
{
	*options = (struct filesystem_options){
		.volumes = g_ptr_array_new_with_free_func(free_volume),
	};
}

void filesystem_options_done(struct filesystem_options *options)
{
	g_clear_pointer(&options->volumes, g_ptr_array_unref);
	g_clear_pointer(&options->overlay, g_free);
}

static bool add_volume(struct filesystem_options *options, struct volume *volume)
{
	if (volume)
		g_ptr_array_add(options->volumes, volume);
	return volume != NULL;
}

static gboolean on_volume(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			  GError **error)
{
	return add_volume(data, volume_parse(value, error));
}

static gboolean on_tmpfs(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			 GError **error)
{
	return add_volume(data, volume_parse_tmpfs(value, error));
}

static gboolean on_driver(const char *name G_GNUC_UNUSED, const char *value, gpointer data,
			  GError **error)
{
	struct filesystem_options *options = data;

	for (int driver = OVERLAY_DRIVER_AUTO; driver <= OVERLAY_DRIVER_FUSE; driver++) {
		if (strcmp(value, overlay_driver_name((enum overlay_driver)driver)) != 0)
			continue;
		options->driver = (enum overlay_driver)driver;
		return true;
	}
	failure_set(error, EINVAL, "take auto, kernel or fuse", "--overlay-driver '%s' is unknown",
		    value);
	return false;
}

GOptionGroup *filesystem_options_group(struct filesystem_options *options)
{
#define CALLBACK(function) G_OPTION_ARG_CALLBACK, (void *)(function)
	const GOptionEntry entries[] = {
		{"volume", 'v', 0, CALLBACK(on_volume),
		 "Mount a host file or directory (repeatable)", "SRC:DST[:ro]"},
		{"tmpfs", 0, 0, CALLBACK(on_tmpfs),
		 "Mount an empty tmpfs, e.g. /tmp:size=64m,mode=1777 (repeatable)",
		 "PATH[:OPTION,...]"},
		{"read-only", 0, 0, G_OPTION_ARG_NONE, &options->read_only,
		 "Make ROOTFS read-only; volumes and tmpfs are not", NULL},
		{"disposable", 0, 0, G_OPTION_ARG_NONE, &options->disposable,
		 "Forget at the end all that was written into ROOTFS", NULL},
		{"overlay", 0, 0, G_OPTION_ARG_FILENAME, &options->overlay,
		 "Keep what is written in this directory, and ROOTFS as it is", "DIR"},
		{"overlay-driver", 0, 0, CALLBACK(on_driver),
		 "What merges the layers (default: auto, the kernel if it can)",
		 "auto|kernel|fuse"},
		{0},
	};
#undef CALLBACK
	GOptionGroup *group = g_option_group_new(
		"filesystem", "File system:", "Show file system options", options, NULL);

	option_bytes_add(group, entries);
	return group;
}

static bool refuse_twice(const char *target, GError **error)
{
	failure_set(error, EINVAL, "mount one of them elsewhere, or leave it out",
		    "two mounts are asked for on '%s'", target);
	return false;
}

static bool check_session(const struct filesystem_options *options, GError **error)
{
	if (options->disposable && options->overlay) {
		failure_set(error, EINVAL, "take --disposable to forget or --overlay to keep",
			    "--disposable and --overlay contradict each other");
		return false;
	}
	if (options->driver != OVERLAY_DRIVER_AUTO && !options->disposable && !options->overlay) {
		failure_set(error, EINVAL, "add --disposable or --overlay DIR",
			    "--overlay-driver is given without an overlay");
		return false;
	}
	return true;
}

bool filesystem_options_check(struct filesystem_options *options, GError **error)
{
	struct volume **volumes = (struct volume **)options->volumes->pdata;

	g_ptr_array_sort(options->volumes, volume_compare);
	for (guint i = 0; i < options->volumes->len; i++) {
		if (!volume_check(volumes[i], error))
			return false;
		if (i > 0 && strcmp(volumes[i]->target, volumes[i - 1]->target) == 0)
			return refuse_twice(volumes[i]->target, error);
	}
	return check_session(options, error);
}

bool filesystem_options_overlay(const struct filesystem_options *options)
{
	return options->disposable || options->overlay;
}
