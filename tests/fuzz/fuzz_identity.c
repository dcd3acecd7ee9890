/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_identity - id maps, --user, and hostile /etc/passwd and /etc/group */
#include <string.h>

#include <glib.h>

#include "launcher/account.h"
#include "launcher/idmap.h"
#include "src/failure.h"
#include "tests/fuzz/fuzz.h"

/* What is accepted survives the way to the kernel's text and back. */
static void check_map(const char *text)
{
	struct id_extents extents, again;
	g_autoptr(GError) error = NULL;

	if (!id_extents_parse("--uidmap", text, &extents, &error)) {
		g_assert(error && error->domain == FAILURE);
		return;
	}
	g_autofree char *proc = id_extents_to_proc(&extents);
	g_assert(strlen(proc) < 4096);
	g_assert(id_extents_parse_proc(proc, &again));
	g_assert(again.n == extents.n);
	g_assert(memcmp(again.at, extents.at, again.n * sizeof(again.at[0])) == 0);
	g_autoptr(GArray) inside = id_extents_inside(&extents);
	g_assert(inside->len == extents.n);
}

static void check_account(const struct account_files *files, const char *spec)
{
	static const struct idmap idmap = {
		.uid.extents = {1, {{0, 100000, 65536}}},
		.gid.extents = {2, {{0, 1000, 1}, {1, 100000, 65535}}},
	};
	struct account account;
	g_autoptr(GError) error = NULL;

	if (!account_resolve_from(files, spec, &idmap, &account, &error)) {
		g_assert(error && error->domain == FAILURE);
		return;
	}
	g_assert(account.uid < 65536 && account.gid < 65536);
	g_assert(account.home[0] == '/' && !strchr(account.home, '\n'));
	g_assert(account.groups->len >= 1);
	g_assert(g_array_index(account.groups, gid_t, 0) == account.gid);
	account_done(&account);
}

/* The first line is --user or a map; a line "--" separates the two files. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	char *passwd = strchr(text, '\n');

	if (passwd)
		*passwd++ = '\0';
	check_map(text);
	char *group = passwd ? strstr(passwd, "\n--\n") : NULL;
	if (group) {
		*group = '\0';
		group += strlen("\n--\n");
	}
	const struct account_files files = {passwd, group};
	check_account(&files, text);
	check_account(&files, NULL);
	return 0;
}
