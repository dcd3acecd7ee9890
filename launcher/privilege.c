/* SPDX-License-Identifier: GPL-2.0-or-later */
/* privilege - what the command may: capabilities, no_new_privs, system calls */
#include "launcher/privilege.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "launcher/seccomp_default.h"
#include "launcher/seccomp_json.h"
#include "src/capability.h"
#include "src/failure.h"
#include "src/json_add.h"

/* podman's default, and what a network is examined and changed with. */
static const int default_capabilities[] = {
	CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FOWNER,	     CAP_FSETID, CAP_KILL,
	CAP_SETFCAP, CAP_SETGID,       CAP_SETPCAP,	     CAP_SETUID, CAP_SYS_CHROOT,
	CAP_NET_RAW, CAP_NET_ADMIN,    CAP_NET_BIND_SERVICE,
};

static uint64_t choose_bounding(const struct privilege_options *options)
{
	uint64_t bounding = 0;

	if (options->drop_all)
		return options->add;
	if (options->add_all)
		return capability_all() & ~options->drop;
	for (size_t i = 0; i < G_N_ELEMENTS(default_capabilities); i++)
		bounding |= CAPABILITY_BIT(default_capabilities[i]);
	return (bounding & ~options->drop) | options->add;
}

static const char *name_of_profile(const struct privilege_options *options)
{
	return options->seccomp ? options->seccomp : "default";
}

static bool compile(struct seccomp_profile *profile, struct seccomp_program *ret_filter,
		    GError **error)
{
	bool compiled = seccomp_compile(profile, ret_filter, error);

	seccomp_profile_done(profile);
	return compiled;
}

static bool plan_filter(const struct privilege_options *options, uint64_t bounding,
			struct seccomp_program *ret_filter, GError **error)
{
	const char *name = name_of_profile(options);
	struct seccomp_profile profile;

	if (g_str_equal(name, "unconfined"))
		return true;
	if (g_str_equal(name, "default"))
		seccomp_default_init(&profile, bounding, options->socketcall);
	else if (!seccomp_json_load(name, bounding, &profile, error))
		return false;
	return compile(&profile, ret_filter, error);
}

bool privilege_plan(const struct privilege_options *options, struct privilege *ret_privilege,
		    GError **error)
{
	struct privilege privilege = {
		.bounding = choose_bounding(options),
		.no_new_privs = !options->new_privileges,
	};

	if (!plan_filter(options, privilege.bounding, &privilege.filter, error))
		return false;
	privilege.seccomp = g_strdup(name_of_profile(options));
	*ret_privilege = privilege;
	return true;
}

void privilege_done(struct privilege *privilege)
{
	seccomp_program_done(&privilege->filter);
	g_clear_pointer(&privilege->seccomp, g_free);
}

/* --- in the command's process --- */

/* The filter is last, so that it does not have to allow what is done here. */
static bool lock_down(const struct privilege *privilege, uint64_t kept, GError **error)
{
	const struct seccomp_program *filter = &privilege->filter;

	if (!capability_keep(kept, error))
		return false;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failure_errno(error, "set no_new_privs");
	return !filter->instructions || seccomp_program_install(filter, error);
}

/* Installing the filter takes CAP_SYS_ADMIN here: it has to allow capset and prctl. */
static bool lock_down_with_new_privs(const struct privilege *privilege, uint64_t kept,
				     GError **error)
{
	const struct seccomp_program *filter = &privilege->filter;

	if (filter->instructions &&
	    (!capability_keep(kept | CAPABILITY_BIT(CAP_SYS_ADMIN), error) ||
	     !seccomp_program_install(filter, error)))
		return false;
	return capability_keep(kept, error);
}

bool privilege_bound(const struct privilege *privilege, GError **error)
{
	if (!capability_bound(privilege->bounding, error))
		return false;
	/* Else they are gone with uid 0. execve(2) clears it. */
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 ||
	       failure_errno(error, "keep capabilities while changing the user");
}

bool privilege_apply(const struct privilege *privilege, GError **error)
{
	uint64_t kept = geteuid() == 0 ? privilege->bounding : 0;

	return privilege->no_new_privs ? lock_down(privilege, kept, error)
				       : lock_down_with_new_privs(privilege, kept, error);
}

static void add_names(JsonBuilder *builder, uint64_t capabilities)
{
	json_builder_set_member_name(builder, "capabilities");
	json_builder_begin_array(builder);
	for (int i = 0; i < 64; i++) {
		g_autofree char *name = NULL;

		if (!(capabilities & CAPABILITY_BIT(i)))
			continue;
		name = capability_name(i);
		json_builder_add_string_value(builder, name);
	}
	json_builder_end_array(builder);
}

void privilege_add_json(const struct privilege *privilege, JsonBuilder *builder)
{
	g_autofree char *seccomp = g_utf8_make_valid(privilege->seccomp, -1);

	add_names(builder, privilege->bounding);
	json_add_bool(builder, "no_new_privs", privilege->no_new_privs);
	json_add_string(builder, "seccomp", seccomp);
}
