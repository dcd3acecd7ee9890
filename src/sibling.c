/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sibling - finds another program of ours */
#include "src/sibling.h"

#include <errno.h>
#include <unistd.h>

#include "src/failure.h"

static char *find_from(const char *folder, const char *const *places, size_t n_places)
{
	for (size_t i = 0; i < n_places; i++) {
		g_autofree char *path = g_build_filename(folder, places[i], NULL);
		if (access(path, X_OK) == 0)
			return g_steal_pointer(&path);
	}
	return NULL;
}

char *sibling_find(const char *name, const char *built, GError **error)
{
	g_autofree char *helper = g_build_filename("../libexec", name, NULL);
	g_autofree char *main_program = g_build_filename("../bin", name, NULL);
	const char *const places[] = {name, built, helper, main_program};
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = self ? g_path_get_dirname(self) : NULL;
	char *path = folder ? find_from(folder, places, G_N_ELEMENTS(places)) : NULL;

	if (!path)
		path = g_find_program_in_path(name);
	if (!path)
		failure_set(error, ENOENT,
			    "install netns-run's programs side by side, or put them into PATH",
			    "%s was not found", name);
	return path;
}
