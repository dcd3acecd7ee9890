/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compat - the programs that netns-forwarder can stand in for */
#include "forwarder/compat.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "src/failure.h"
#include "src/sibling.h"

#define OPTION "--compat="

struct front_end {
	const char *name;    /* of what it stands in for */
	const char *program; /* of ours */
	const char *built;   /* where that is in a build tree, from here */
};

static const struct front_end front_ends[] = {
	{"slirp4netns", "netns-slirp4netns", "../plugins/netns-slirp4netns"},
	{"pasta", "netns-pasta", "../plugins/netns-pasta"},
};

static const struct front_end *find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(front_ends); i++)
		if (g_str_equal(front_ends[i].name, name))
			return &front_ends[i];
	return NULL;
}

static bool become(const struct front_end *front_end, char **argv, GError **error)
{
	g_autofree char *program = sibling_find(front_end->program, front_end->built, error);

	if (!program)
		return false;
	execv(program, argv);
	return failure_errno(error, "execute %s", program);
}

bool compat_execute(int argc, char **argv, GError **error)
{
	g_autofree char *called = g_path_get_basename(argv[0]);
	const struct front_end *front_end = find(called);

	if (front_end)
		return become(front_end, argv, error);
	if (argc < 2 || !g_str_has_prefix(argv[1], OPTION))
		return true;
	front_end = find(argv[1] + strlen(OPTION));
	if (front_end) {
		argv[1] = (char *)front_end->name;
		return become(front_end, argv + 1, error);
	}
	failure_set(error, EINVAL, "those that it knows are slirp4netns and pasta",
		    "cannot stand in for '%s'", argv[1] + strlen(OPTION));
	return false;
}
