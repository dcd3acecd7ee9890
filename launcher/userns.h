/* SPDX-License-Identifier: GPL-2.0-or-later */
/* userns - why the kernel refuses an ordinary user new namespaces, and the cure */
#pragma once

#include <glib.h>

/*
 * Sets *error for a clone(2) or id map that failed with errnum: looks at the knobs below proc_root
 * ("/proc"; another one in tests) and names the one that is to blame and its cure:
 * kernel.unprivileged_userns_clone (Debian), user.max_*_namespaces, AppArmor's
 * kernel.apparmor_restrict_unprivileged_userns (Ubuntu; with a profile for this binary's
 * real path), a kernel without CONFIG_USER_NS, a chroot, a seccomp filter.
 */
void userns_explain(const char *proc_root, int errnum, GError **error);

/*
 * Ubuntu's AppArmor lets the namespace be made and then denies what root may do in it. If *error is
 * such a denial (EPERM, EACCES) and the knob is set, replaces it by the true cause and its cure.
 */
void userns_refine(const char *proc_root, GError **error);
