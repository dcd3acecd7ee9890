/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay - runs the files of a corpus directory through a fuzz target, with any compiler */
#include <stdbool.h>
#include <stdio.h>

#include <glib.h>

#include "tests/fuzz/fuzz.h"

static bool run_file(const char *path)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	gsize size;

	if (!g_file_get_contents(path, &text, &size, &error)) {
		g_printerr("%s\n", error->message);
		return false;
	}
	/* A block of the exact size: GLib's own has a terminator behind it that hides overruns. */
	g_autofree uint8_t *exact = g_memdup2(text, MAX(size, 1));
	printf("# %s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(exact, size);
	return true;
}

int main(int argc, char **argv)
{
	g_autoptr(GDir) dir = argc == 2 ? g_dir_open(argv[1], 0, NULL) : NULL;
	unsigned n_files = 0;
	const char *name;

	if (!dir) {
		g_printerr("usage: %s CORPUS-DIRECTORY\n", argv[0]);
		return 2;
	}
	LLVMFuzzerInitialize(&argc, &argv);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(argv[1], name, NULL);
		if (!run_file(path))
			return 1;
		n_files++;
	}
	/* An empty corpus tests nothing. */
	return n_files ? 0 : 1;
}
