/* SPDX-License-Identifier: GPL-2.0-or-later */
/* id_emulation - lets programs that drop root succeed where there is only one id */
#include "launcher/id_emulation.h"

#include <errno.h>

#include <seccomp.h>

#include "src/failure.h"

static const char *const identity_calls[] = {
	"setgroups",  "setuid",	    "setgid",	   "setreuid",	  "setregid",
	"setresuid",  "setresgid",  "setgroups32", "setuid32",	  "setgid32",
	"setreuid32", "setregid32", "setresuid32", "setresgid32",
};

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(scmp_filter_ctx, seccomp_release, NULL)

static int add_rules(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < G_N_ELEMENTS(identity_calls); i++) {
		int call = seccomp_syscall_resolve_name(identity_calls[i]);
		if (call == __NR_SCMP_ERROR)
			continue;
		int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(0), call, 0);
		if (result < 0)
			return result;
	}
	return 0;
}

bool id_emulation_install(GError **error)
{
	g_auto(scmp_filter_ctx) filter = seccomp_init(SCMP_ACT_ALLOW);
	int result = filter ? add_rules(filter) : -ENOMEM;

	/* Root inside has CAP_SYS_ADMIN: set-user-id programs and file capabilities go on to work.
	 */
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (result == 0)
		result = seccomp_load(filter);
	if (result == 0)
		return true;
	failure_set(error, -result, NULL, "install the seccomp filter for id emulation: %s",
		    g_strerror(-result));
	return false;
}
