/* SPDX-License-Identifier: GPL-2.0-or-later */
/* account - a user of the container: from --user and the container's own /etc/passwd, /etc/group */
#include "launcher/account.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/id_range.h"
#include "launcher/idmap.h"
#include "launcher/mounts.h"
#include "src/autoclose.h"
#include "src/failure.h"

#define FILE_SIZE_MAX (4 << 20)

/* Fields of passwd(5) and group(5). */
enum { FIELD_NAME, FIELD_ID = 2, PASSWD_GID, PASSWD_HOME = 5, PASSWD_N_FIELDS = 7 };
enum { GROUP_MEMBERS = 3, GROUP_N_FIELDS };

void account_done(struct account *account)
{
	g_clear_pointer(&account->groups, g_array_unref);
	g_clear_pointer(&account->home, g_free);
	g_clear_pointer(&account->name, g_free);
}

/* --- lines of the files --- */

/* The fields of the line that text starts with, or NULL if it has not n; *text goes on behind it.
 */
static GStrv next_line(const char **text, unsigned n)
{
	size_t length = strcspn(*text, "\n");
	g_autofree char *line = g_strndup(*text, length);
	g_auto(GStrv) fields = g_strsplit(line, ":", (int)n);

	*text += length + ((*text)[length] != '\0');
	if (g_strv_length(fields) != n || !*fields[0])
		return NULL;
	return g_steal_pointer(&fields);
}

/* Both files have the number in the same place. */
static bool is_entry(const GStrv fields, unsigned n_fields)
{
	uint32_t id;

	return fields && id_parse(fields[FIELD_ID], &id) &&
	       (n_fields != PASSWD_N_FIELDS || id_parse(fields[PASSWD_GID], &id));
}

/* The first entry with this name or, if key is a number, with this number; NULL: there is none. */
static GStrv find_entry(const char *text, unsigned n_fields, const char *key)
{
	uint32_t number;
	bool by_number = id_parse(key, &number);

	while (text && *text) {
		g_auto(GStrv) fields = next_line(&text, n_fields);
		uint32_t id;
		if (!is_entry(fields, n_fields))
			continue;
		if (by_number ? id_parse(fields[FIELD_ID], &id) && id == number
			      : g_str_equal(fields[FIELD_NAME], key))
			return g_steal_pointer(&fields);
	}
	return NULL;
}

static bool is_member(const char *members, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = members; *at; at += *at == ',') {
		size_t end = strcspn(at, ",");
		if (end == length && strncmp(at, name, length) == 0)
			return true;
		at += end;
	}
	return false;
}

/* --- --user --- */

static bool is_word(const char *word)
{
	uint32_t id;
	bool is_number = word[strspn(word, "0123456789")] == '\0';

	for (const char *at = word; *at; at++) {
		if ((unsigned char)*at <= ' ' || *at == 0x7f || *at == ',')
			return false;
	}
	return *word && (!is_number || id_parse(word, &id));
}

/* The user and, if it was given, the group; NULL if spec is malformed. */
static GStrv split_spec(const char *spec)
{
	g_auto(GStrv) words = g_strsplit(spec, ":", -1);
	unsigned n = g_strv_length(words);

	if (n < 1 || n > 2 || !is_word(words[0]) || (n == 2 && !is_word(words[1])))
		return NULL;
	return g_steal_pointer(&words);
}

bool account_check(const char *spec, GError **error)
{
	g_auto(GStrv) words = split_spec(spec);

	if (words)
		return true;
	failure_set(error, EINVAL, "write UID|NAME[:GID|NAME], e.g. 1000, www-data or 1000:users",
		    "'%s' names no user", spec);
	return false;
}

/* --- looking up --- */

static bool refuse_unknown(const char *what, const char *name, const char *path, const char *text,
			   GError **error)
{
	failure_set(error, ENOENT, "take a name of that file in ROOTFS, or a number, e.g. 1000",
		    "unknown %s '%s': %s %s", what, name, path,
		    text ? "has no such name"
			 : "is not there or is no regular file of up to 4 MiB");
	return false;
}

static bool find_user(const struct account_files *files, const char *key, struct account *account,
		      GError **error)
{
	g_auto(GStrv) entry = find_entry(files->passwd, PASSWD_N_FIELDS, key);

	if (entry) {
		id_parse(entry[FIELD_ID], &account->uid);
		id_parse(entry[PASSWD_GID], &account->gid);
		account->name = g_strdup(entry[FIELD_NAME]);
	} else if (!id_parse(key, &account->uid)) {
		return refuse_unknown("user", key, "/etc/passwd", files->passwd, error);
	}
	bool has_home = entry && g_path_is_absolute(entry[PASSWD_HOME]) &&
			strlen(entry[PASSWD_HOME]) < PATH_MAX;
	account->home = g_strdup(has_home ? entry[PASSWD_HOME] : "/");
	return true;
}

static bool find_group(const struct account_files *files, const char *key, gid_t *ret_gid,
		       GError **error)
{
	g_auto(GStrv) entry = find_entry(files->group, GROUP_N_FIELDS, key);

	if (id_parse(entry ? entry[FIELD_ID] : key, ret_gid))
		return true;
	return refuse_unknown("group", key, "/etc/group", files->group, error);
}

static void add_group(struct account *account, GHashTable *seen, const struct idmap *idmap,
		      gid_t gid)
{
	if (account->groups->len < NGROUPS_MAX && id_extents_map(&idmap->gid.extents, gid) &&
	    g_hash_table_add(seen, GUINT_TO_POINTER(gid)))
		g_array_append_val(account->groups, gid);
}

/* As initgroups(3) does; a member without a name is in none of the file's groups. */
static void find_groups(const char *text, bool only_own, const struct idmap *idmap,
			struct account *account)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	uint32_t gid;

	account->groups = g_array_new(FALSE, FALSE, sizeof(gid_t));
	add_group(account, seen, idmap, account->gid);
	while (!only_own && account->name && text && *text) {
		g_auto(GStrv) fields = next_line(&text, GROUP_N_FIELDS);
		if (is_entry(fields, GROUP_N_FIELDS) &&
		    is_member(fields[GROUP_MEMBERS], account->name) &&
		    id_parse(fields[FIELD_ID], &gid))
			add_group(account, seen, idmap, gid);
	}
}

static bool check_mapped(const char *kind, uint32_t id, const struct id_extents *extents,
			 GError **error)
{
	g_autoptr(GArray) inside = id_extents_inside(extents);
	g_autofree char *all = id_ranges_to_string(inside);
	g_autofree char *cure = NULL;

	if (id_extents_map(extents, id))
		return true;
	if (id_extents_are_single(extents))
		cure = g_strdup_printf("with subordinate ids (as root: usermod --add-sub%cids "
				       "FIRST-LAST NAME) --%cidmap=auto has more",
				       *kind, *kind);
	else
		cure = g_strdup_printf("take one of those, or give a map with it: --%cidmap",
				       *kind);
	failure_set(error, EINVAL, cure, "%cid %u of --user is not mapped: the map has %s", *kind,
		    id, all);
	return false;
}

static bool resolve(const struct account_files *files, char **words, const struct idmap *idmap,
		    struct account *account, GError **error)
{
	if (!find_user(files, words[0], account, error) ||
	    (words[1] && !find_group(files, words[1], &account->gid, error)))
		return false;
	find_groups(files->group, words[1], idmap, account);
	return check_mapped("user", account->uid, &idmap->uid.extents, error) &&
	       check_mapped("group", account->gid, &idmap->gid.extents, error);
}

bool account_resolve_from(const struct account_files *files, const char *spec,
			  const struct idmap *idmap, struct account *ret_account, GError **error)
{
	/* Root is who is mapped to 0, whatever the files say. */
	g_auto(GStrv) words = split_spec(spec ? spec : "0:0");
	struct account account = {0};

	if (!words)
		return account_check(spec, error);
	if (!resolve(files, words, idmap, &account, error)) {
		account_done(&account);
		return false;
	}
	*ret_account = account;
	return true;
}

/* --- the files --- */

/* A FIFO does not block, a link of /proc to somebody's descriptor is not followed. */
static int open_regular(const char *path)
{
	autoclose int fd = mounts_resolve(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY,
					  RESOLVE_NO_MAGICLINKS);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_SIZE_MAX)
		return -1;
	return g_steal_fd(&fd);
}

static char *read_bounded(const char *path)
{
	autoclose int fd = open_regular(path);
	g_autofree char *text = fd < 0 ? NULL : g_malloc(FILE_SIZE_MAX + 1);
	size_t size = 0;
	ssize_t n;

	if (!text)
		return NULL;
	/* The file may grow while it is read. */
	while ((n = read(fd, text + size, FILE_SIZE_MAX - size)) > 0)
		size += (size_t)n;
	text[size] = '\0';
	return n < 0 ? NULL : g_realloc(g_steal_pointer(&text), size + 1);
}

bool account_resolve(const char *spec, const struct idmap *idmap, struct account *ret_account,
		     GError **error)
{
	g_autofree char *passwd = read_bounded("/etc/passwd");
	g_autofree char *group = read_bounded("/etc/group");
	const struct account_files files = {passwd, group};

	return account_resolve_from(&files, spec, idmap, ret_account, error);
}

bool account_become(const struct account *account, const struct idmap *idmap, GError **error)
{
	if (idmap->may_set_groups &&
	    setgroups(account->groups->len, (const gid_t *)(void *)account->groups->data) < 0)
		return failure_errno(error, "set the groups of --user");
	if (setresgid(account->gid, account->gid, account->gid) < 0 ||
	    setresuid(account->uid, account->uid, account->uid) < 0)
		return failure_errno(error, "become user %u:%u", account->uid, account->gid);
	return true;
}
