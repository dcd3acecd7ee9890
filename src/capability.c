/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capability - gives up or passes on capabilities(7): the only place that knows libcap */
#include "src/capability.h"

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

static bool can_shrink_bounding_set(void)
{
	cap_t current = cap_get_proc();
	cap_flag_value_t effective = CAP_CLEAR;

	if (current)
		cap_get_flag(current, CAP_SETPCAP, CAP_EFFECTIVE, &effective);
	cap_free(current);
	return effective == CAP_SET;
}

bool capability_keep_only(const int *kept, size_t n_kept, GError **error)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failure_errno(error, "set no_new_privs");
	if (can_shrink_bounding_set() && !shrink_bounding_set(kept, n_kept, error))
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
