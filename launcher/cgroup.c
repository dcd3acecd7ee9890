/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup - the container's own control group: limits, freezer, removal */
#include "launcher/cgroup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "launcher/cgroup_dir.h"
#include "launcher/cgroup_keeper.h"
#include "launcher/cgroup_limits.h"
#include "launcher/cgroup_stats.h"
#include "launcher/cgroup_tree.h"
#include "launcher/scope_gather.h"
#include "launcher/systemd_scope.h"
#include "src/autoclose.h"
#include "src/failure.h"
#include "src/json_add.h"

#define PAYLOAD		 "container"
#define FREEZE_LIMIT_MS	 10000
#define REMOVAL_LIMIT_MS 2000
/* What runs inside may nest its own; cgroup_dir_remove() goes twice as deep. */
#define NESTING_MAX	  "32"
#define DESCENDANTS_MAX	  "4096"
#define IO_WEIGHT_DEFAULT 100

struct cgroup {
	struct limits limits;
	char *name;		/* of the container */
	char *base_path;	/* BASE, or NULL while it is not known */
	char *group;		/* the name of GROUP */
	char *path;		/* BASE/GROUP */
	int base, top, payload; /* directories: BASE, GROUP, GROUP/container */
	bool is_given;		/* BASE is --cgroup-parent */
	bool is_scope;		/* BASE is systemd's */
	struct deputy *deputy;	/* who starts processes for us, or NULL */
	struct cgroup_keeper keeper;
};

/* --- BASE --- */

/* Not the name alone, which may be that of a cgroup, or a file, that is there already. */
static char *own_group_name(const struct cgroup *cgroup)
{
	return g_strconcat("netns-run-", cgroup->name, NULL);
}

/* The path is one of the file system, or one below the root of the tree as in /proc/PID/cgroup. */
static bool open_parent(struct cgroup *cgroup, const char *parent, GError **error)
{
	g_autofree char *below = g_strconcat(CGROUP_TREE, parent, NULL);

	cgroup->base = cgroup_dir_open(below);
	if (cgroup->base >= 0) {
		cgroup->base_path = g_steal_pointer(&below);
		return true;
	}
	cgroup->base = cgroup_dir_open(parent);
	if (cgroup->base >= 0) {
		cgroup->base_path = g_strdup(parent);
		return true;
	}
	if (errno == ENOTSUP && g_str_has_prefix(parent, CGROUP_TREE "/"))
		cgroup_tree_explain(parent, &cgroup->limits, error);
	else if (errno == ENOTSUP)
		failure_set(error, ENOTSUP, "give a cgroup that is delegated to you",
			    "--cgroup-parent %s is no cgroup", parent);
	else
		failure_set(error, errno, "give a cgroup that is delegated to you",
			    "--cgroup-parent %s: %s", parent, g_strerror(errno));
	return false;
}

/* Before there is a process to move: is this a machine where a delegated cgroup could do? */
static bool check_machine(const struct cgroup *cgroup, GError **error)
{
	autoclose int tree = cgroup_dir_open(CGROUP_TREE);

	if (tree >= 0)
		return cgroup_tree_check(tree, CGROUP_TREE, "/proc", &cgroup->limits, error);
	cgroup_tree_explain(CGROUP_TREE, &cgroup->limits, error);
	return false;
}

static bool open_base(struct cgroup *cgroup, char *path, GError **error)
{
	cgroup->base_path = path;
	cgroup->base = cgroup_dir_open(path);
	if (cgroup->base < 0)
		return failure_errno(error, "open the cgroup %s", path);
	return cgroup_tree_check(cgroup->base, path, "/proc", &cgroup->limits, error);
}

/* A process that is not in its scope by now would be limited by nothing. */
static bool find_scope(struct cgroup *cgroup, const char *unit, pid_t pid, GError **error)
{
	g_autofree char *path = cgroup_tree_path(pid);
	g_autofree char *end = g_strconcat("/", unit, NULL);

	if (path && g_str_has_suffix(path, end))
		return open_base(cgroup, g_strconcat(CGROUP_TREE, path, NULL), error);
	failure_set(error, EPROTO, "see journalctl --user, or give --cgroup-parent",
		    "systemd has not moved the container into %s: it is in %s", unit,
		    path ? path : "no cgroup that can be seen here");
	return false;
}

static char *scope_unit(struct cgroup *cgroup)
{
	cgroup->is_scope = true;
	cgroup->group = g_strdup("limits");
	return g_strconcat("netns-run-", cgroup->name, ".scope", NULL);
}

static bool use_scope(struct cgroup *cgroup, pid_t pid, GError **error)
{
	g_autofree char *unit = scope_unit(cgroup);

	return systemd_scope_start(unit, &pid, 1, error) && find_scope(cgroup, unit, pid, error);
}

/* By errno of what was tried there. */
static bool explain_foreign(const struct cgroup *cgroup, GError **error)
{
	int errnum = errno;

	if (errnum != EACCES && errnum != EPERM && errnum != EROFS)
		return failure_errno(error, "make a cgroup below %s", cgroup->base_path);
	if (cgroup->is_given)
		failure_set(error, errnum, "give a cgroup that is delegated to you",
			    "--cgroup-parent %s does not belong to this user", cgroup->base_path);
	else
		failure_set(error, errnum,
			    "log in so that a systemd of the user runs (or: loginctl "
			    "enable-linger), or give a delegated cgroup to --cgroup-parent",
			    "no systemd of this user gives a cgroup, and %s belongs to others",
			    cgroup->base_path);
	return false;
}

static bool use_own(struct cgroup *cgroup, GError **error)
{
	g_autofree char *path = cgroup_tree_path(getpid());

	cgroup->is_scope = false;
	g_free(cgroup->group);
	cgroup->group = own_group_name(cgroup);
	cgroup->base_path = g_strconcat(CGROUP_TREE, path, NULL);
	errno = EACCES; /* for a path that cannot be seen */
	if (!path || access(cgroup->base_path, W_OK) < 0)
		return explain_foreign(cgroup, error);
	return open_base(cgroup, g_steal_pointer(&cgroup->base_path), error);
}

static bool choose_base(struct cgroup *cgroup, pid_t pid, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (cgroup->base >= 0)
		return true;
	if (use_scope(cgroup, pid, &failure))
		return true;
	if (failure->code == SYSTEMD_SCOPE_ABSENT)
		return use_own(cgroup, error);
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

/* --- GROUP --- */

/* A launcher that died together with its keeper left an empty one of our name; our state directory
 * holds the name, so it is nobody else's. */
static bool make_groups(struct cgroup *cgroup, GError **error)
{
	bool made = false;

	cgroup->top = cgroup_dir_make(cgroup->base, cgroup->group, &made);
	if (cgroup->top < 0)
		return explain_foreign(cgroup, error);
	if (!made && cgroup_dir_read_key(cgroup->top, "cgroup.events", "populated") != 0) {
		failure_set(error, EEXIST, "take another --name, or another --cgroup-parent",
			    "the cgroup %s/%s is in use", cgroup->base_path, cgroup->group);
		return false;
	}
	cgroup->path = g_build_filename(cgroup->base_path, cgroup->group, NULL);
	const struct cgroup_keeper_job job = {cgroup->base, cgroup->group, cgroup->is_scope,
					      cgroup->deputy};
	if (!cgroup_keeper_start(&cgroup->keeper, &job, error))
		return false;
	cgroup->payload = cgroup_dir_make(cgroup->top, PAYLOAD, &made);
	if (cgroup->payload < 0)
		return failure_errno(error, "make the cgroup %s/" PAYLOAD, cgroup->path);
	cgroup_dir_write(cgroup->top, "cgroup.max.depth", NESTING_MAX);
	cgroup_dir_write(cgroup->top, "cgroup.max.descendants", DESCENDANTS_MAX);
	return true;
}

static bool explain_move(const struct cgroup *cgroup, int errnum, GError **error)
{
	g_autofree char *own = cgroup_tree_path(getpid());

	errno = errnum;
	if (errnum != EACCES && errnum != EPERM)
		return failure_errno(error, "move the container into %s", cgroup->path);
	failure_set(error, errnum,
		    "start netns-run in a cgroup of the same delegated tree, or leave "
		    "--cgroup-parent away so that systemd moves it",
		    "this user may not move processes from %s to %s", own ? own : "here",
		    cgroup->path);
	return false;
}

static bool enable(int dir, const char *controller)
{
	g_autofree char *text = g_strconcat("+", controller, NULL);

	return cgroup_dir_has_word(dir, "cgroup.subtree_control", controller) ||
	       cgroup_dir_write(dir, "cgroup.subtree_control", text);
}

static bool explain_enable(const struct cgroup *cgroup, const char *controller, GError **error)
{
	if (errno != EBUSY)
		return failure_errno(error, "enable the controller '%s' in %s", controller,
				     cgroup->base_path);
	failure_set(error, EBUSY,
		    "give --cgroup-parent a delegated cgroup without processes of its own",
		    "the cgroup %s cannot hand on the controller '%s': there are processes in it",
		    cgroup->base_path, controller);
	return false;
}

/*
 * What limits need must be there; the rest only counts, for stats. Below GROUP they are for what
 * runs inside to see and to hand on.
 */
static bool enable_controllers(const struct cgroup *cgroup, const struct limits *limits,
			       GError **error)
{
	static const char *const counting[] = {"cpu", "io", "memory", "pids"};

	for (int i = 0; i < N_LIMITS; i++) {
		const char *controller = limits_controller((enum limit)i);
		if (!limits->is_set[i])
			continue;
		if (!enable(cgroup->base, controller))
			return explain_enable(cgroup, controller, error);
		enable(cgroup->top, controller);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(counting); i++)
		if (enable(cgroup->base, counting[i]))
			enable(cgroup->top, counting[i]);
	return true;
}

static bool write_limits(const struct cgroup *cgroup, const struct limits *limits, GError **error)
{
	if (!cgroup_limits_write(cgroup->top, limits, error))
		return false;
	cgroup_limits_write(cgroup->payload, limits, NULL);
	return true;
}

/* --- its life --- */

struct cgroup *cgroup_create(const struct limits *limits, const struct cgroup_place *place,
			     GError **error)
{
	struct cgroup *cgroup = g_new0(struct cgroup, 1);

	cgroup->limits = *limits;
	cgroup->name = g_strdup(place->name);
	cgroup->base = cgroup->top = cgroup->payload = -1;
	cgroup_keeper_init(&cgroup->keeper);
	bool planned;
	if (place->parent) {
		cgroup->is_given = true;
		cgroup->group = own_group_name(cgroup);
		planned =
			open_parent(cgroup, place->parent, error) &&
			cgroup_tree_check(cgroup->base, cgroup->base_path, "/proc", limits, error);
	} else {
		planned = check_machine(cgroup, error);
	}
	if (planned)
		return cgroup;
	cgroup_free(cgroup);
	return NULL;
}

bool cgroup_start(struct cgroup *cgroup, pid_t pid, GError **error)
{
	if (!choose_base(cgroup, pid, error) || !make_groups(cgroup, error))
		return false;
	if (!cgroup_dir_add(cgroup->payload, pid))
		return explain_move(cgroup, errno, error);
	return enable_controllers(cgroup, &cgroup->limits, error) &&
	       write_limits(cgroup, &cgroup->limits, error);
}

/* Moves what is in BASE, until nothing is left: processes may fork meanwhile. */
static bool empty_base(const struct cgroup *cgroup, GError **error)
{
	for (;;) {
		g_autofree char *text = cgroup_dir_read(cgroup->base, "cgroup.procs");
		if (!text)
			return failure_errno(error, "read %s", cgroup->base_path);
		if (!*text)
			return true;
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
		for (char **line = lines; *line; line++)
			if (!cgroup_dir_write(cgroup->payload, "cgroup.procs", *line) &&
			    errno != ESRCH)
				return explain_move(cgroup, errno, error);
	}
}

struct cgroup *cgroup_adopt(const char *name, const pid_t roots[CGROUP_N_ROOTS],
			    struct deputy *deputy, GError **error)
{
	const struct limits none = {0};
	const struct cgroup_place place = {NULL, name};
	struct cgroup *cgroup = cgroup_create(&none, &place, error);

	if (!cgroup)
		return NULL;
	cgroup->deputy = deputy;
	g_autofree char *unit = scope_unit(cgroup);
	bool gathered = deputy ? deputy_gather_scope(deputy, unit, error)
			       : scope_gather(unit, roots, CGROUP_N_ROOTS, error);
	if (gathered && find_scope(cgroup, unit, roots[0], error) && make_groups(cgroup, error) &&
	    empty_base(cgroup, error) && enable_controllers(cgroup, &none, error))
		return cgroup;
	/* They go on as if nothing had been tried. */
	cgroup_keeper_cancel(&cgroup->keeper);
	cgroup_free(cgroup);
	return NULL;
}

bool cgroup_add(const struct cgroup *cgroup, pid_t pid, GError **error)
{
	return cgroup_dir_add(cgroup->payload, pid) || explain_move(cgroup, errno, error);
}

void cgroup_free(struct cgroup *cgroup)
{
	if (!cgroup)
		return;
	cgroup_keeper_done(&cgroup->keeper);
	close_fd(&cgroup->payload);
	close_fd(&cgroup->top);
	close_fd(&cgroup->base);
	g_free(cgroup->path);
	g_free(cgroup->group);
	g_free(cgroup->base_path);
	g_free(cgroup->name);
	g_free(cgroup);
}

const char *cgroup_path(const struct cgroup *cgroup)
{
	return cgroup->path;
}

const struct limits *cgroup_limits(const struct cgroup *cgroup)
{
	return &cgroup->limits;
}

/* What takes back changes: the former values, and nothing where there were none. */
static struct limits former_limits(const struct limits *before, const struct limits *changes)
{
	struct limits former = *before;

	for (int i = 0; i < N_LIMITS; i++) {
		if (!changes->is_set[i] || before->is_set[i])
			continue;
		former.is_set[i] = true;
		former.values[i] = i == LIMIT_IO_WEIGHT ? IO_WEIGHT_DEFAULT : LIMIT_NONE;
	}
	return former;
}

bool cgroup_apply(struct cgroup *cgroup, const struct limits *changes, GError **error)
{
	struct limits merged = cgroup->limits;

	limits_merge(&merged, changes);
	if (!limits_check(&merged, error) ||
	    !cgroup_tree_check(cgroup->base, cgroup->base_path, "/proc", changes, error) ||
	    !enable_controllers(cgroup, changes, error))
		return false;
	if (!write_limits(cgroup, &merged, error)) {
		struct limits former = former_limits(&cgroup->limits, changes);
		write_limits(cgroup, &former, NULL);
		return false;
	}
	cgroup->limits = merged;
	return true;
}

bool cgroup_set_frozen(struct cgroup *cgroup, bool frozen, GError **error)
{
	if (!cgroup_dir_write(cgroup->top, "cgroup.freeze", frozen ? "1" : "0"))
		return failure_errno(error, "write cgroup.freeze in %s", cgroup->path);
	if (cgroup_dir_await(cgroup->top, "frozen", frozen, FREEZE_LIMIT_MS))
		return true;
	failure_errno(error, "%s %s", frozen ? "freeze" : "thaw", cgroup->path);
	if (frozen)
		cgroup_dir_write(cgroup->top, "cgroup.freeze", "0");
	return false;
}

bool cgroup_is_frozen(const struct cgroup *cgroup)
{
	return cgroup_dir_read_key(cgroup->top, "cgroup.events", "frozen") == 1;
}

void cgroup_add_stats(const struct cgroup *cgroup, JsonBuilder *builder)
{
	json_add_string(builder, "cgroup", cgroup->path);
	json_add_bool(builder, "paused", cgroup_is_frozen(cgroup));
	cgroup_stats_add(cgroup->top, cgroup->payload, builder);
}
