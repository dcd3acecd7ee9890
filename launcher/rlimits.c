/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rlimits - resource limits of the container's processes (setrlimit(2)), and their OOM score */
#include "launcher/rlimits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/json_add.h"

#define OOM_SCORE_MAX 1000

static const char *const names[RLIM_NLIMITS] = {
	[RLIMIT_AS] = "as",
	[RLIMIT_CORE] = "core",
	[RLIMIT_CPU] = "cpu",
	[RLIMIT_DATA] = "data",
	[RLIMIT_FSIZE] = "fsize",
	[RLIMIT_LOCKS] = "locks",
	[RLIMIT_MEMLOCK] = "memlock",
	[RLIMIT_MSGQUEUE] = "msgqueue",
	[RLIMIT_NICE] = "nice",
	[RLIMIT_NOFILE] = "nofile",
	[RLIMIT_NPROC] = "nproc",
	[RLIMIT_RSS] = "rss",
	[RLIMIT_RTPRIO] = "rtprio",
	[RLIMIT_RTTIME] = "rttime",
	[RLIMIT_SIGPENDING] = "sigpending",
	[RLIMIT_STACK] = "stack",
};

static int find_resource(const char *name, size_t length)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (names[i] && strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return i;
	return -1;
}

static bool parse_value(const char *text, rlim_t *ret_value)
{
	guint64 value;

	if (g_str_equal(text, "-1") || g_str_equal(text, "unlimited")) {
		*ret_value = RLIM_INFINITY;
		return true;
	}
	if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &value, NULL))
		return false;
	*ret_value = value;
	return true;
}

static bool parse_pair(const char *text, struct rlimit *ret_values)
{
	g_auto(GStrv) parts = g_strsplit(text, ":", 2);
	struct rlimit values;

	if (!parts[0] || !parse_value(parts[0], &values.rlim_cur))
		return false;
	values.rlim_max = values.rlim_cur;
	if (parts[1] && !parse_value(parts[1], &values.rlim_max))
		return false;
	*ret_values = values;
	return true;
}

static bool refuse_name(const char *text, GError **error)
{
	g_autoptr(GString) known = g_string_new("take one of");

	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (names[i])
			g_string_append_printf(known, " %s", names[i]);
	failure_set(error, EINVAL, known->str, "--ulimit '%s' names no resource", text);
	return false;
}

bool rlimits_parse(struct rlimits *rlimits, const char *text, GError **error)
{
	size_t length = strcspn(text, "=");
	int resource = find_resource(text, length);
	struct rlimit values;

	if (text[length] != '=') {
		failure_set(error, EINVAL, "write NAME=SOFT[:HARD], e.g. --ulimit nofile=1024:4096",
			    "--ulimit '%s' has no value", text);
		return false;
	}
	if (resource < 0)
		return refuse_name(text, error);
	if (!parse_pair(text + length + 1, &values)) {
		failure_set(error, EINVAL,
			    "write SOFT or SOFT:HARD, each a number, or -1 for unlimited",
			    "--ulimit '%s' has a value that is no number", text);
		return false;
	}
	if (values.rlim_cur > values.rlim_max) {
		failure_set(error, ERANGE, "write the smaller one, SOFT, first",
			    "--ulimit '%s' has a soft limit above the hard one", text);
		return false;
	}
	rlimits->is_set[resource] = true;
	rlimits->values[resource] = values;
	return true;
}

static void explain_hard(int resource, rlim_t have, int errnum, GError **error)
{
	const char *name = names[resource];
	g_autofree char *limit = g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)have);
	g_autofree char *cure = g_strdup_printf(
		"take up to %s, or raise it in /etc/security/limits.conf and log in again", limit);

	failure_set(error, errnum, cure, "--ulimit %s: the hard limit of this user is %s", name,
		    limit);
}

bool rlimits_raise_hard(const struct rlimits *rlimits, GError **error)
{
	struct rlimit now;

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		if (!rlimits->is_set[i])
			continue;
		if (getrlimit((__rlimit_resource_t)i, &now) < 0)
			return failure_errno(error, "read the limit %s", names[i]);
		if (rlimits->values[i].rlim_max <= now.rlim_max)
			continue;
		struct rlimit wanted = {now.rlim_cur, rlimits->values[i].rlim_max};
		if (setrlimit((__rlimit_resource_t)i, &wanted) == 0)
			continue;
		explain_hard(i, now.rlim_max, errno, error);
		return false;
	}
	return true;
}

bool rlimits_apply(const struct rlimits *rlimits, GError **error)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (rlimits->is_set[i] &&
		    setrlimit((__rlimit_resource_t)i, &rlimits->values[i]) < 0)
			return failure_errno(error, "set the limit %s", names[i]);
	return true;
}

static gint64 json_value(rlim_t value)
{
	return value == RLIM_INFINITY ? -1 : (gint64)value;
}

void rlimits_add_json(const struct rlimits *rlimits, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "ulimits");
	json_builder_begin_object(builder);
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		if (!rlimits->is_set[i])
			continue;
		json_builder_set_member_name(builder, names[i]);
		json_builder_begin_object(builder);
		json_add_int(builder, "soft", json_value(rlimits->values[i].rlim_cur));
		json_add_int(builder, "hard", json_value(rlimits->values[i].rlim_max));
		json_builder_end_object(builder);
	}
	json_builder_end_object(builder);
}

bool rlimits_parse_oom_score(struct rlimits *rlimits, const char *text, GError **error)
{
	gint64 score;

	if (!g_ascii_string_to_signed(text, 10, -OOM_SCORE_MAX, OOM_SCORE_MAX, &score, NULL)) {
		failure_set(error, EINVAL, "0 is the default; 1000 is killed first",
			    "--oom-score-adj must be a number from -1000 to 1000, not '%s'", text);
		return false;
	}
	rlimits->has_oom_score = true;
	rlimits->oom_score = (int)score;
	return true;
}

bool rlimits_write_oom_score(const struct rlimits *rlimits, pid_t pid, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/oom_score_adj", (int)pid);
	g_autofree char *text = g_strdup_printf("%d", rlimits->oom_score);
	if (!rlimits->has_oom_score)
		return true;
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, strlen(text)) >= 0)
		return true;
	if (errno != EACCES && errno != EPERM)
		return failure_errno(error, "write %s", path);
	failure_set(error, errno,
		    "take at least what /proc/self/oom_score_adj has; only root may go below",
		    "--oom-score-adj %d is below what this user may give", rlimits->oom_score);
	return false;
}
