/* SPDX-License-Identifier: GPL-2.0-or-later */
/* owner - becomes the user whose containers are asked for */
#include "src/ctl/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/failure.h"

static const struct passwd *find(const char *user)
{
	const struct passwd *entry = getpwnam(user);
	char *end;

	if (entry || !g_ascii_isdigit(user[0]))
		return entry;
	guint64 uid = g_ascii_strtoull(user, &end, 10);
	return *end == '\0' && uid < (uid_t)-1 ? getpwuid((uid_t)uid) : NULL;
}

static bool refuse(const char *user, GError **error)
{
	g_autofree char *cure =
		g_strdup_printf("as root, or as that user: runuser -u %s -- netns-ctl ...", user);

	failure_set(error, errno, cure, "the containers of %s are not yours: %s", user,
		    g_strerror(errno));
	return false;
}

static void move_in(const struct passwd *entry)
{
	const char *runtime_dir = g_getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (runtime_dir && (stat(runtime_dir, &st) < 0 || st.st_uid != entry->pw_uid))
		g_unsetenv("XDG_RUNTIME_DIR");
	g_setenv("HOME", entry->pw_dir, TRUE);
	g_setenv("USER", entry->pw_name, TRUE);
	g_setenv("LOGNAME", entry->pw_name, TRUE);
}

bool owner_become(const char *user, GError **error)
{
	const struct passwd *entry = find(user);

	if (!entry) {
		failure_set(error, ENOENT, "take a name or a number that getent passwd shows",
			    "there is no user '%s'", user);
		return false;
	}
	if (entry->pw_uid == getuid() && entry->pw_uid == geteuid())
		return true;
	/* In this order: what comes last takes the right to the others. */
	if (initgroups(entry->pw_name, entry->pw_gid) < 0 ||
	    setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) < 0 ||
	    setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) < 0)
		return refuse(entry->pw_name, error);
	move_in(entry);
	return true;
}
