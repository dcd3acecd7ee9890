/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rootfs_scenario - enters a root file system in namespaces of its own and looks around there */
#include "tests/unit/rootfs_scenario.h"

#include "launcher/volume.h"
#include "src/failure.h"
#include "tests/unit/namespaces.h"
#include "tests/unit/rootfs_checks.h"

struct rootfs_scenario rootfs_scenario_for(const struct rootfs_fixture *fixture,
					   bool (*check)(const struct rootfs_scenario *))
{
	return (struct rootfs_scenario){
		.options =
			{
				.path = fixture->rootfs,
				.resolv_conf = SCENARIO_RESOLV_CONF,
				.hosts = SCENARIO_HOSTS,
			},
		.check = check,
	};
}

bool rootfs_scenario_enter(const void *data)
{
	const struct rootfs_scenario *scenario = data;
	g_autoptr(GError) error = NULL;
	struct etc_cover cover;
	etc_cover_init(&cover);
	bool entered = rootfs_enter(&scenario->options, &cover, &error);

	if (error && !(scenario->failure && strstr(error->message, scenario->failure)))
		fprintf(stderr, "# rootfs_enter: %s\n", error->message);
	CHECK(entered == !scenario->failure);
	if (!scenario->failure)
		return scenario->check(scenario);
	CHECK(strstr(error->message, scenario->failure));
	CHECK(failure_cure(error));
	return true;
}

bool rootfs_scenario_run(const struct rootfs_scenario *scenario)
{
	return namespaces_run(rootfs_scenario_enter, scenario);
}

void rootfs_scenario_assert(const struct rootfs_fixture *fixture,
			    const struct rootfs_scenario *scenario)
{
	g_autofree char *before = rootfs_fixture_snapshot(fixture);
	g_autofree char *after = NULL;

	g_assert_true(rootfs_scenario_run(scenario));
	after = rootfs_fixture_snapshot(fixture);
	g_assert_cmpstr(after, ==, before);
}

static void free_volume(gpointer volume)
{
	volume_free(volume);
}

GPtrArray *rootfs_scenario_volumes(const char *const *texts)
{
	GPtrArray *volumes = g_ptr_array_new_with_free_func(free_volume);
	g_autoptr(GError) error = NULL;

	for (; *texts; texts++) {
		bool is_tmpfs = g_str_has_prefix(*texts, "tmpfs ");
		struct volume *volume =
			is_tmpfs ? volume_parse_tmpfs(*texts + strlen("tmpfs "), &error)
				 : volume_parse(*texts, &error);

		g_assert_no_error(error);
		g_ptr_array_add(volumes, volume);
	}
	g_ptr_array_sort(volumes, volume_compare);
	return volumes;
}
