/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idmap_plan - which ids there will be inside, by what was asked and what the host grants */
#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <unistd.h>

#include "launcher/idmap.h"
#include "launcher/idmap_helper.h"
#include "launcher/idmap_host.h"
#include "launcher/options_identity.h"
#include "src/capability.h"
#include "src/failure.h"

static const char *name_of(const struct idmap_host *host)
{
	return host->caller.name ? host->caller.name : "your user id";
}

/* What the host grants the caller, without his own id and without what is not there at all. */
static GArray *find_granted(const struct idmap_host *host, const struct idmap_rights *rights)
{
	GArray *granted = subid_find(rights->source, &host->caller);
	g_autoptr(GArray) known = id_extents_inside(&rights->known);

	id_ranges_remove(granted, (struct id_range){rights->own, 1});
	id_ranges_clip(granted, known);
	return granted;
}

/* --- auto and single --- */

static bool is_auto(const struct id_request *request)
{
	return request->choice == ID_CHOICE_DEFAULT || request->choice == ID_CHOICE_AUTO;
}

/* Appends the ranges inside, as far as there are ids. */
static void append_ranges(struct id_extents *extents, uint32_t inside, const GArray *ranges)
{
	for (guint i = 0; i < ranges->len; i++) {
		struct id_range range = g_array_index(ranges, struct id_range, i);
		uint32_t count = MIN(range.count, ID_MAX - inside);
		if (count == 0 ||
		    !id_extents_add(extents, (struct id_extent){inside, range.first, count}))
			return;
		inside += count;
	}
}

/* Fills in the full map; false with the note where there can be none. */
static bool plan_full(const struct idmap_host *host, const struct idmap_rights *rights,
		      struct idmap_side *side)
{
	g_autoptr(GArray) granted = find_granted(host, rights);

	if (granted->len == 0) {
		side->note =
			g_strdup_printf("%s grants %s no ids", rights->source->file, name_of(host));
		return false;
	}
	if (!rights->may_write) {
		side->helper = idmap_helper_find(rights->helper, rights->capability, &side->note);
		if (!side->helper)
			return false;
	}
	side->mode = IDMAP_FULL;
	/* His own id next to others would be the host's root. */
	if (!host->is_real_root)
		id_extents_add(&side->extents, (struct id_extent){0, rights->own, 1});
	append_ranges(&side->extents, side->extents.n, granted);
	return true;
}

/* --- explicit --- */

static char *usermod_cure(const struct idmap_host *host, const struct idmap_rights *rights,
			  struct id_range wanted)
{
	g_autofree char *holder = subid_holder(rights->source, &host->caller, wanted);
	/* Below are the ids of real users, which nobody else may have. */
	bool is_free = !holder && wanted.first >= SUBID_MIN;
	struct id_range grant = is_free ? wanted : subid_free(rights->source);

	return g_strdup_printf("as root: usermod --add-sub%cids %u-%u %s",
			       rights->source->groups ? 'g' : 'u', grant.first,
			       grant.first + grant.count - 1,
			       host->caller.name ? host->caller.name : "NAME");
}

static void refuse_foreign(const struct idmap_host *host, const struct idmap_rights *rights,
			   struct id_extent extent, const GArray *granted, GError **error)
{
	struct id_range wanted = {extent.outside, extent.count};
	g_autofree char *holder = subid_holder(rights->source, &host->caller, wanted);
	g_autofree char *text = id_extent_to_string(extent);
	g_autofree char *range = id_range_to_string(wanted);
	g_autofree char *own = id_ranges_to_string(granted);
	g_autofree char *cure =
		granted->len > 0 ? g_strdup_printf("take ids of %s, or %u alone", own, rights->own)
				 : usermod_cure(host, rights, wanted);

	failure_set(error, EPERM, cure, "%s %s: %s does not grant %s to %s%s%s", rights->option,
		    text, rights->source->file, range, name_of(host), holder ? ", but to " : "",
		    holder ? holder : "");
}

static bool check_granted(const struct idmap_host *host, const struct idmap_rights *rights,
			  const struct id_extents *extents, GError **error)
{
	g_autoptr(GArray) granted = find_granted(host, rights);

	for (unsigned i = 0; i < extents->n; i++) {
		struct id_extent extent = extents->at[i];
		bool own = extent.outside == rights->own && extent.count == 1;
		if (own ||
		    id_ranges_cover(granted, (struct id_range){extent.outside, extent.count}))
			continue;
		refuse_foreign(host, rights, extent, granted, error);
		return false;
	}
	return true;
}

/* With the capability, what the caller's own user namespace has is the only limit. */
static bool check_known(const struct idmap_rights *rights, const struct id_extents *extents,
			GError **error)
{
	g_autoptr(GArray) known = id_extents_inside(&rights->known);

	for (unsigned i = 0; i < extents->n; i++) {
		struct id_extent extent = extents->at[i];
		if (id_ranges_cover(known, (struct id_range){extent.outside, extent.count}))
			continue;
		g_autofree char *text = id_extent_to_string(extent);
		g_autofree char *all = id_ranges_to_string(known);
		g_autofree char *cure = g_strdup_printf("take ids of %s", all);
		failure_set(error, EPERM, cure,
			    "%s %s: this user namespace has not all of these ids", rights->option,
			    text);
		return false;
	}
	return true;
}

static bool find_explicit_helper(const struct idmap_rights *rights, struct idmap_side *side,
				 GError **error)
{
	g_autofree char *reason = NULL;

	/* The kernel takes that one from everybody. */
	if (id_extents_are_single(&side->extents) && side->extents.at[0].outside == rights->own)
		return true;
	side->helper = idmap_helper_find(rights->helper, rights->capability, &reason);
	if (side->helper)
		return true;
	failure_set(error, EPERM, "as root, (re)install the package uidmap (shadow-utils)",
		    "%s: %s", rights->option, reason);
	return false;
}

static bool plan_explicit(const struct idmap_host *host, const struct idmap_rights *rights,
			  const struct id_extents *extents, struct idmap_side *side, GError **error)
{
	if (!id_extents_map(extents, 0)) {
		g_autofree char *cure =
			g_strdup_printf("the command's root needs an id, e.g. 0:%u:1", rights->own);
		failure_set(error, EINVAL, cure, "%s has no id 0 inside", rights->option);
		return false;
	}
	side->mode = IDMAP_EXPLICIT;
	side->extents = *extents;
	if (rights->may_write)
		return check_known(rights, extents, error);
	return check_granted(host, rights, extents, error) &&
	       find_explicit_helper(rights, side, error);
}

/* The map of users as one of groups: the caller stays the caller. */
static struct id_extents follow(const struct idmap_host *host, const struct id_extents *users)
{
	struct id_extents groups = *users;

	for (unsigned i = 0; i < groups.n; i++) {
		struct id_extent *extent = &groups.at[i];
		if (extent->outside == host->users.own && extent->count == 1)
			extent->outside = host->groups.own;
	}
	return groups;
}

/* Somebody else's id, or none of the caller's, is 0. */
static bool is_other(const struct idmap_side *side)
{
	const struct id_extents *extents = &side->extents;

	for (unsigned i = 0; i < extents->n; i++) {
		if (extents->at[i].inside == 0)
			return extents->at[i].outside != side->own;
	}
	return true;
}

static bool uses_root(const struct id_extents *extents)
{
	for (unsigned i = 0; i < extents->n; i++) {
		if (extents->at[i].outside == 0)
			return true;
	}
	return false;
}

static bool plan_side(const struct idmap_host *host, const struct idmap_rights *rights,
		      const struct id_request *request, struct idmap_side *side, GError **error)
{
	side->own = rights->own;
	if (request->choice == ID_CHOICE_EXPLICIT)
		return plan_explicit(host, rights, &request->extents, side, error);
	if (!is_auto(request) || !plan_full(host, rights, side))
		idmap_side_set_single(side);
	return true;
}

static bool plan(const struct idmap_host *host, const struct id_request *users,
		 const struct id_request *groups, struct idmap *idmap, GError **error)
{
	if (!plan_side(host, &host->users, users, &idmap->uid, error) ||
	    !plan_side(host, &host->groups, groups, &idmap->gid, error))
		return false;
	/* Users without groups, or the reverse, would be neither one thing nor the other. */
	if (is_auto(users) && is_auto(groups) && idmap->uid.mode != idmap->gid.mode) {
		idmap_side_set_single(&idmap->uid);
		idmap_side_set_single(&idmap->gid);
	}
	idmap->single = id_extents_are_single(&idmap->uid.extents);
	idmap->may_set_groups = host->groups.may_write || idmap->gid.helper;
	idmap->is_other_user = is_other(&idmap->uid) || is_other(&idmap->gid);
	idmap->is_host_root = host->is_real_root && uses_root(&idmap->uid.extents);
	idmap->tell = idmap_note(idmap) &&
		      (users->choice == ID_CHOICE_AUTO || groups->choice == ID_CHOICE_AUTO);
	return true;
}

bool idmap_plan_on(const struct idmap_host *host, const struct identity_options *options,
		   struct idmap *ret_idmap, GError **error)
{
	struct idmap_host settled = *host;
	struct id_request groups = options->gidmap;
	struct idmap idmap = {0};

	if (groups.choice == ID_CHOICE_DEFAULT) {
		groups.choice = options->uidmap.choice;
		groups.extents = follow(host, &options->uidmap.extents);
		settled.groups.option = "--gidmap, which follows --uidmap:";
	}
	if (!plan(&settled, &options->uidmap, &groups, &idmap, error)) {
		idmap_done(&idmap);
		return false;
	}
	*ret_idmap = idmap;
	return true;
}

static struct id_extents read_own_map(const char *path)
{
	struct id_extents extents = {0};
	g_autofree char *text = NULL;

	if (g_file_get_contents(path, &text, NULL, NULL))
		id_extents_parse_proc(text, &extents);
	return extents;
}

bool idmap_plan(const struct identity_options *options, struct idmap *ret_idmap, GError **error)
{
	const struct passwd *entry = getpwuid(geteuid());
	g_autofree char *name = entry ? g_strdup(entry->pw_name) : NULL;
	const struct idmap_host host = {
		.caller = {.uid = geteuid(), .name = name},
		.is_real_root = idmap_is_real_root(),
		.users = {.option = "--uidmap",
			  .own = geteuid(),
			  .source = &subid_users,
			  .helper = "newuidmap",
			  .capability = CAP_SETUID,
			  .may_write = capability_has(CAP_SETUID),
			  .known = read_own_map("/proc/self/uid_map")},
		.groups = {.option = "--gidmap",
			   .own = getegid(),
			   .source = &subid_groups,
			   .helper = "newgidmap",
			   .capability = CAP_SETGID,
			   .may_write = capability_has(CAP_SETGID),
			   .known = read_own_map("/proc/self/gid_map")},
	};

	return idmap_plan_on(&host, options, ret_idmap, error);
}
