/* SPDX-License-Identifier: GPL-2.0-or-later */
/* id_emulation - lets programs believe that they have become another user */
#include "src/ctl/id_emulation.h"

#include <errno.h>

#include <seccomp.h>

#include "src/failure.h"

static const int identity_calls[] = {
	SCMP_SYS(setgroups), SCMP_SYS(setuid),	  SCMP_SYS(setgid),    SCMP_SYS(setreuid),
	SCMP_SYS(setregid),  SCMP_SYS(setresuid), SCMP_SYS(setresgid),
};

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(scmp_filter_ctx, seccomp_release, NULL)

bool id_emulation_start(GError **error)
{
	g_auto(scmp_filter_ctx) filter = seccomp_init(SCMP_ACT_ALLOW);
	int result = filter ? 0 : -ENOMEM;

	for (size_t i = 0; result == 0 && i < G_N_ELEMENTS(identity_calls); i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(0), identity_calls[i], 0);
	/* A program of another architecture is none of ours to stop. */
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (result == 0)
		result = seccomp_load(filter);
	if (result == 0)
		return true;
	failure_set(error, -result, NULL, "emulate changes of the user: %s", g_strerror(-result));
	return false;
}
