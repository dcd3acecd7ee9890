/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seccomp_profile - which system calls do what: the rules before they are compiled */
#include "src/seccomp_profile.h"

void seccomp_profile_init(struct seccomp_profile *profile, uint32_t default_action)
{
	*profile = (struct seccomp_profile){
		.default_action = default_action,
		.architectures = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.rules = g_array_sized_new(FALSE, FALSE, sizeof(struct seccomp_rule), 512),
		.conditions = g_array_new(FALSE, FALSE, sizeof(struct seccomp_condition)),
		.names = g_string_chunk_new(8192),
	};
}

void seccomp_profile_done(struct seccomp_profile *profile)
{
	g_array_unref(profile->architectures);
	g_array_unref(profile->rules);
	g_array_unref(profile->conditions);
	g_string_chunk_free(profile->names);
}

void seccomp_profile_add(struct seccomp_profile *profile, const char *call, uint32_t action,
			 const struct seccomp_condition *conditions, size_t n)
{
	struct seccomp_rule rule = {
		.call = g_string_chunk_insert(profile->names, call),
		.action = action,
		.first_condition = profile->conditions->len,
		.n_conditions = (unsigned)n,
	};

	if (n)
		g_array_append_vals(profile->conditions, conditions, (unsigned)n);
	g_array_append_val(profile->rules, rule);
}
