/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idmap - user and group id maps of the new user namespaces (user_namespaces(7)) */
#include "launcher/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "launcher/idmap_helper.h"
#include "launcher/idmap_host.h"
#include "src/autoclose.h"
#include "src/capability.h"
#include "src/failure.h"

const char *idmap_mode_name(enum idmap_mode mode)
{
	static const char *const names[] = {"single", "full", "explicit"};

	return names[mode];
}

bool idmap_is_real_root(void)
{
	g_autofree char *map = NULL;
	unsigned inside, outside;

	return geteuid() == 0 && g_file_get_contents("/proc/self/uid_map", &map, NULL, NULL) &&
	       sscanf(map, "%u %u", &inside, &outside) == 2 && inside == 0 && outside == 0;
}

const char *idmap_note(const struct idmap *idmap)
{
	return idmap->uid.note ? idmap->uid.note : idmap->gid.note;
}

void idmap_side_set_single(struct idmap_side *side)
{
	side->mode = IDMAP_SINGLE;
	side->extents = (struct id_extents){.n = 1, .at = {{0, side->own, 1}}};
	g_clear_pointer(&side->helper, g_free);
}

static void side_done(struct idmap_side *side)
{
	g_clear_pointer(&side->helper, g_free);
	g_clear_pointer(&side->note, g_free);
}

void idmap_done(struct idmap *idmap)
{
	side_done(&idmap->uid);
	side_done(&idmap->gid);
}

/* --- writing --- */

static bool write_proc(pid_t pid, const char *file, const char *text, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, file);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* One write(2): the kernel takes a map only as a whole. */
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return failure_errno(error, "write %s", path);
	return true;
}

static bool write_map(pid_t pid, const char *file, const struct id_extents *extents, GError **error)
{
	g_autofree char *text = id_extents_to_proc(extents);
	g_autoptr(GError) failure = NULL;

	if (write_proc(pid, file, text, &failure))
		return true;
	/* user_namespaces(7): to map the ID 0 around takes it since Linux 5.12. */
	if (failure->code == EPERM && geteuid() == 0 && !capability_has(CAP_SETFCAP))
		failure_set(
			error, EPERM,
			"give that to the container around (docker, podman: --cap-add setfcap), "
			"or start it there as another user than root",
			"root needs CAP_SETFCAP to be root of a container");
	else
		g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

static void start_helper(struct idmap_helper *helper, const struct idmap_side *side, pid_t pid,
			 GError **ret_failure)
{
	if (side->helper)
		idmap_helper_start(helper, side->helper, pid, &side->extents, ret_failure);
}

static void finish_helper(struct idmap_helper *helper, const struct idmap_side *side,
			  GError **ret_failure)
{
	if (helper->pid > 0)
		idmap_helper_finish(helper, side->helper, ret_failure);
}

/* Where only auto has asked for it, a helper's failure is a reason to map the caller alone. */
static bool accept_failure(struct idmap *idmap, struct idmap_side *side, GError **failure,
			   GError **error)
{
	if (!*failure)
		return true;
	if (side->mode != IDMAP_FULL) {
		g_propagate_error(error, g_steal_pointer(failure));
		return false;
	}
	side->note = failure_cause(*failure);
	idmap_side_set_single(side);
	idmap->tell = true;
	return true;
}

/* Both at a time: they spend it with name services and in the kernel. */
static bool run_helpers(struct idmap *idmap, pid_t pid, GError **error)
{
	struct idmap_side *uid = &idmap->uid, *gid = &idmap->gid;
	g_autoptr(GError) user_failure = NULL, group_failure = NULL;
	struct idmap_helper users = {0}, groups = {0};

	start_helper(&users, uid, pid, &user_failure);
	start_helper(&groups, gid, pid, &group_failure);
	finish_helper(&users, uid, &user_failure);
	finish_helper(&groups, gid, &group_failure);
	return accept_failure(idmap, uid, &user_failure, error) &&
	       accept_failure(idmap, gid, &group_failure, error);
}

static bool write_groups(const struct idmap *idmap, pid_t pid, GError **error)
{
	return (idmap->may_set_groups || write_proc(pid, "setgroups", "deny", error)) &&
	       write_map(pid, "gid_map", &idmap->gid.extents, error);
}

bool idmap_write(struct idmap *idmap, pid_t pid, GError **error)
{
	struct idmap_side *uid = &idmap->uid, *gid = &idmap->gid;
	bool had_helper = gid->helper;

	if (!run_helpers(idmap, pid, error))
		return false;
	if (had_helper && !gid->helper)
		idmap->may_set_groups = false;
	idmap->single = id_extents_are_single(&uid->extents);
	return (uid->helper || write_map(pid, "uid_map", &uid->extents, error)) &&
	       (gid->helper || write_groups(idmap, pid, error));
}

static bool write_identity(pid_t pid, const char *file, const struct id_extents *extents,
			   GError **error)
{
	struct id_extents same = *extents;

	for (unsigned i = 0; i < same.n; i++)
		same.at[i].outside = same.at[i].inside;
	return write_map(pid, file, &same, error);
}

bool idmap_write_nested(const struct idmap *idmap, pid_t pid, GError **error)
{
	return write_identity(pid, "uid_map", &idmap->uid.extents, error) &&
	       write_identity(pid, "gid_map", &idmap->gid.extents, error);
}

/* --- entering --- */

static bool read_map(const char *path, struct idmap_side *side, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) failure = NULL;

	if (!g_file_get_contents(path, &text, NULL, &failure)) {
		failure_set(error, EIO, NULL, "%s", failure->message);
		return false;
	}
	if (id_extents_parse_proc(text, &side->extents))
		return true;
	failure_set(error, EBADMSG, NULL, "%s has no map that netns-run knows", path);
	return false;
}

static bool refresh(struct idmap *idmap, GError **error)
{
	g_autofree char *setgroups = NULL;

	if (!read_map("/proc/self/uid_map", &idmap->uid, error) ||
	    !read_map("/proc/self/gid_map", &idmap->gid, error))
		return false;
	idmap->single = id_extents_are_single(&idmap->uid.extents);
	idmap->may_set_groups =
		g_file_get_contents("/proc/self/setgroups", &setgroups, NULL, NULL) &&
		g_str_has_prefix(setgroups, "allow");
	return true;
}

bool idmap_enter(struct idmap *idmap, GError **error)
{
	if (!refresh(idmap, error))
		return false;
	if (idmap->may_set_groups && setgroups(0, NULL) < 0)
		return failure_errno(error, "drop the supplementary groups");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return failure_errno(error, "become root in the user namespace");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0)
		return failure_errno(error, "restore what a change of ids takes away");
	return true;
}
