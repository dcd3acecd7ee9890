/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_subids - are the subordinate ids of a host granted in a way that is safe? */
#include "src/ctl/doctor_subids.h"

#include <stdlib.h>

#include "src/ctl/finding.h"

struct grant {
	char *owner; /* name or number */
	guint64 first, count;
};

static void grant_clear(gpointer data)
{
	g_free(((struct grant *)data)->owner);
}

static bool parse_id(const char *text, guint64 min, guint64 *ret_number)
{
	return g_ascii_string_to_unsigned(text, 10, min, G_MAXUINT32, ret_number, NULL);
}

/* subuid(5): NAME:FIRST:COUNT */
static bool parse_grant(char **fields, struct grant *grant)
{
	return g_strv_length(fields) == 3 && parse_id(fields[1], 0, &grant->first) &&
	       parse_id(g_strstrip(fields[2]), 1, &grant->count);
}

/* passwd(5) and group(5): NAME:PASSWORD:ID:..., a range of one id */
static bool parse_account(char **fields, struct grant *account)
{
	account->count = 1;
	return g_strv_length(fields) > 3 && parse_id(fields[2], 0, &account->first);
}

/* The lines of a file of fields with colons between them that parse takes; others are skipped. */
static GArray *read_file(const struct doctor_host *host, const char *path,
			 bool (*parse)(char **fields, struct grant *grant))
{
	g_autofree char *full = g_strconcat(host->root, path, NULL);
	g_autofree char *text = NULL;
	GArray *grants = g_array_new(FALSE, FALSE, sizeof(struct grant));

	g_array_set_clear_func(grants, grant_clear);
	if (!g_file_get_contents(full, &text, NULL, NULL))
		return grants;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) fields = g_strsplit(*line, ":", -1);
		struct grant grant;
		if (!parse(fields, &grant))
			continue;
		grant.owner = g_strdup(fields[0]);
		g_array_append_val(grants, grant);
	}
	return grants;
}

static bool overlap(const struct grant *one, const struct grant *other)
{
	return one->first < other->first + other->count && other->first < one->first + one->count;
}

static bool is_users(const struct doctor_host *host, const struct grant *grant)
{
	g_autofree char *number = g_strdup_printf("%u", host->uid);

	return g_str_equal(grant->owner, host->user) || g_str_equal(grant->owner, number);
}

/* A user may have lines by name and by number. */
static bool same_owner(const struct doctor_host *host, const struct grant *one,
		       const struct grant *other)
{
	return g_str_equal(one->owner, other->owner) ||
	       (is_users(host, one) && is_users(host, other));
}

static void check_overlaps(const struct doctor_host *host, const char *path, const GArray *grants,
			   GPtrArray *findings)
{
	for (guint i = 0; i < grants->len; i++) {
		const struct grant *one = &g_array_index(grants, struct grant, i);
		for (guint j = i + 1; j < grants->len; j++) {
			const struct grant *other = &g_array_index(grants, struct grant, j);
			if (same_owner(host, one, other) || !overlap(one, other))
				continue;
			finding_add(findings, FINDING_PROBLEM, path + 5,
				    "give each user ids of his own (usermod --add-subuids, "
				    "--del-subuids); remove files that carry the shared ones",
				    "%s and %s have ids from %" G_GUINT64_FORMAT " on in common",
				    one->owner, other->owner, MAX(one->first, other->first));
		}
	}
}

/* An account of the host must be nobody's subordinate. */
static void check_grant(const char *path, const struct grant *grant, const GArray *accounts,
			GPtrArray *findings)
{
	const struct grant *first = NULL;
	unsigned n = 0;

	for (guint i = 0; i < accounts->len; i++) {
		const struct grant *account = &g_array_index(accounts, struct grant, i);
		if (!overlap(grant, account))
			continue;
		first = first ? first : account;
		n++;
	}
	if (n)
		finding_add(findings, FINDING_PROBLEM, path + 5, "give it another range",
			    "the range of %s holds the ids of %u accounts, such as %s, "
			    "%" G_GUINT64_FORMAT,
			    grant->owner, n, first->owner, first->first);
}

static void check_accounts(const struct doctor_host *host, const char *path, const GArray *grants,
			   GPtrArray *findings)
{
	bool groups = g_str_has_suffix(path, "gid");
	g_autoptr(GArray) accounts =
		read_file(host, groups ? "/etc/group" : "/etc/passwd", parse_account);

	for (guint i = 0; i < grants->len; i++)
		check_grant(path, &g_array_index(grants, struct grant, i), accounts, findings);
}

static void check_file(const struct doctor_host *host, const char *path, GPtrArray *findings)
{
	g_autoptr(GArray) grants = read_file(host, path, parse_grant);
	guint before = findings->len;
	guint64 n_ids = 0;

	check_overlaps(host, path, grants, findings);
	check_accounts(host, path, grants, findings);
	for (guint i = 0; i < grants->len; i++) {
		const struct grant *grant = &g_array_index(grants, struct grant, i);
		if (is_users(host, grant))
			n_ids += grant->count;
	}
	if (n_ids == 0) {
		g_autofree char *cure = g_strdup_printf(
			"as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
			"%s, or a range that nobody has",
			host->user);
		finding_add(findings, FINDING_NOTE, path + 5, cure,
			    "grants you nothing: a container has one user id only");
	} else if (findings->len == before) {
		finding_add(findings, FINDING_OK, path + 5, NULL,
			    "grants you %" G_GUINT64_FORMAT " ids, to nobody else", n_ids);
	}
}

void doctor_check_subids(const struct doctor_host *host, GPtrArray *findings)
{
	check_file(host, "/etc/subuid", findings);
	check_file(host, "/etc/subgid", findings);
}
