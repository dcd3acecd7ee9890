/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seccomp_compiler - makes the kernel's filter program of a profile, and installs it */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>

#include <glib.h>

#include "src/seccomp_profile.h"

struct seccomp_program {
	struct sock_filter *instructions; /* NULL: none */
	unsigned n;
	unsigned flags; /* SECCOMP_FILTER_FLAG_* */
};

/*
 * Compiles a profile. A rule for a name that this machine has no call for is left out, as the
 * container engines do. The only failure is a program that is longer than the kernel takes.
 */
bool seccomp_compile(const struct seccomp_profile *profile, struct seccomp_program *ret_program,
		     GError **error);

void seccomp_program_done(struct seccomp_program *program);

/*
 * Installs the program (seccomp(2)) in the calling thread. Needs no_new_privs or CAP_SYS_ADMIN in
 * the caller's user namespace.
 */
bool seccomp_program_install(const struct seccomp_program *program, GError **error);

/* Compiles the profile and installs it. */
bool seccomp_profile_install(const struct seccomp_profile *profile, GError **error);
