/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capability - gives up, bounds or passes on capabilities(7): the only place that knows libcap */
#include "src/capability.h"

#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "src/failure.h"

static bool is_kept(cap_value_t capability, const int *kept, size_t n_kept)
{
	for (size_t i = 0; i < n_kept; i++) {
		if (kept[i] == capability)
			return true;
	}
	return false;
}

/* Only with CAP_SETPCAP; no_new_privs bars the way back for whoever has not got it. */
static bool shrink_bounding_set(const int *kept, size_t n_kept, GError **error)
{
	for (cap_value_t i = 0; i < cap_max_bits(); i++) {
		if (!is_kept(i, kept, n_kept) && cap_drop_bound(i) < 0)
			return failure_errno(error, "drop capability %d from the bounding set", i);
	}
	return true;
}

static bool shrink_process_sets(const int *kept, size_t n_kept, GError **error)
{
	cap_t current = cap_get_proc();
	cap_t wanted = cap_init();
	bool ok = current && wanted;

	for (size_t i = 0; ok && i < n_kept; i++) {
		cap_value_t capability = kept[i];
		cap_flag_value_t permitted = CAP_CLEAR;
		ok = cap_get_flag(current, capability, CAP_PERMITTED, &permitted) == 0 &&
		     cap_set_flag(wanted, CAP_PERMITTED, 1, &capability, permitted) == 0 &&
		     cap_set_flag(wanted, CAP_EFFECTIVE, 1, &capability, permitted) == 0;
	}
	ok = ok && cap_set_proc(wanted) == 0;
	if (!ok)
		failure_errno(error, "give up capabilities");
	cap_free(current);
	cap_free(wanted);
	return ok;
}

bool capability_has(int capability)
{
	cap_t current = cap_get_proc();
	cap_flag_value_t effective = CAP_CLEAR;

	if (current)
		cap_get_flag(current, capability, CAP_EFFECTIVE, &effective);
	cap_free(current);
	return effective == CAP_SET;
}

bool capability_keep_only(const int *kept, size_t n_kept, GError **error)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failure_errno(error, "set no_new_privs");
	if (capability_has(CAP_SETPCAP) && !shrink_bounding_set(kept, n_kept, error))
		return false;
	if (cap_reset_ambient() < 0)
		return failure_errno(error, "empty the ambient capability set");
	return shrink_process_sets(kept, n_kept, error);
}

static bool raise_ambient(cap_t current, cap_value_t capability)
{
	cap_flag_value_t permitted = CAP_CLEAR;

	if (cap_get_flag(current, capability, CAP_PERMITTED, &permitted) < 0)
		return false;
	if (permitted == CAP_CLEAR)
		return true;
	return cap_set_flag(current, CAP_INHERITABLE, 1, &capability, CAP_SET) == 0 &&
	       cap_set_proc(current) == 0 && cap_set_ambient(capability, CAP_SET) == 0;
}

bool capability_pass_on(GError **error)
{
	cap_t current = cap_get_proc();
	bool ok = current;

	for (cap_value_t i = 0; ok && i < cap_max_bits(); i++)
		ok = raise_ambient(current, i);
	if (!ok)
		failure_errno(error, "pass capabilities on");
	cap_free(current);
	return ok;
}

static char *full_name(const char *name)
{
	g_autofree char *lower = g_ascii_strdown(name, -1);

	return g_str_has_prefix(lower, "cap_") ? g_steal_pointer(&lower)
					       : g_strconcat("cap_", lower, NULL);
}

bool capability_parse(const char *name, int *ret_number)
{
	g_autofree char *full = full_name(name);
	cap_value_t number;

	/* libcap takes numbers, too. */
	if (!g_ascii_isalpha(full[strlen("cap_")]) || cap_from_name(full, &number) < 0 ||
	    number >= cap_max_bits())
		return false;
	*ret_number = number;
	return true;
}

char *capability_name(int number)
{
	char *lower = cap_to_name(number);
	char *name = g_ascii_strup(lower ? lower : "", -1);

	cap_free(lower);
	return name;
}

uint64_t capability_all(void)
{
	uint64_t all = 0;

	for (cap_value_t i = 0; i < MIN(cap_max_bits(), 64); i++)
		all |= CAPABILITY_BIT(i);
	return all;
}

/* How many letters must be changed, added or taken away (Levenshtein). */
static unsigned distance(const char *a, const char *b)
{
	size_t length = strlen(b);
	g_autofree unsigned *row = g_new(unsigned, length + 1);

	for (size_t j = 0; j <= length; j++)
		row[j] = (unsigned)j;
	for (; *a; a++) {
		unsigned diagonal = row[0]++;

		for (size_t j = 1; j <= length; j++) {
			unsigned exchanged = diagonal + (*a != b[j - 1]);
			diagonal = row[j];
			row[j] = MIN(exchanged, MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[length];
}

static bool is_like(const char *known, const char *name)
{
	return *name && (strstr(known, name) || distance(name, known) <= 2);
}

char *capability_suggest(const char *name)
{
	g_autofree char *wanted = full_name(name);
	GString *names = g_string_new(NULL);

	for (cap_value_t i = 0; i < cap_max_bits() && strlen(wanted) < 64; i++) {
		g_autofree char *known = capability_name(i);
		g_autofree char *lower = g_ascii_strdown(known, -1);

		if (!is_like(lower + strlen("cap_"), wanted + strlen("cap_")))
			continue;
		g_string_append_printf(names, "%s%s", names->len ? ", " : "", known);
	}
	return g_string_free(names, FALSE);
}

bool capability_bound(uint64_t kept, GError **error)
{
	for (cap_value_t i = 0; i < cap_max_bits(); i++) {
		if (!(kept & CAPABILITY_BIT(i)) && cap_drop_bound(i) < 0)
			return failure_errno(error, "drop capability %d from the bounding set", i);
	}
	if (cap_reset_ambient() < 0)
		return failure_errno(error, "empty the ambient capability set");
	return true;
}

bool capability_keep(uint64_t kept, GError **error)
{
	int numbers[64];
	size_t n = 0;

	for (int i = 0; i < 64; i++) {
		if (kept & CAPABILITY_BIT(i))
			numbers[n++] = i;
	}
	return shrink_process_sets(numbers, n, error);
}
