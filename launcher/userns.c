/* SPDX-License-Identifier: GPL-2.0-or-later */
/* userns - why the kernel refuses an ordinary user new namespaces, and the cure */
#include "launcher/userns.h"

#include <errno.h>
#include <stdbool.h>

#include "src/failure.h"

static bool knob_is(const char *proc_root, const char *knob, const char *value)
{
	g_autofree char *path = g_build_filename(proc_root, "sys", knob, NULL);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return false;
	return g_str_equal(g_strstrip(text), value);
}

/* A limit of 0 switches a kind of namespace off; any other may just be used up (ENOSPC). */
static const char *exhausted_limit(const char *proc_root, bool used_up)
{
	static const char *const limits[] = {
		"user/max_user_namespaces",   "user/max_net_namespaces", "user/max_mnt_namespaces",
		"user/max_pid_namespaces",    "user/max_uts_namespaces", "user/max_ipc_namespaces",
		"user/max_cgroup_namespaces",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(limits); i++)
		if (knob_is(proc_root, limits[i], "0"))
			return limits[i];
	return used_up ? limits[0] : NULL;
}

static void explain_limit(const char *limit, int errnum, GError **error)
{
	g_autofree char *name = g_strdelimit(g_strdup(limit), "/", '.');
	g_autofree char *cure = g_strdup_printf("sysctl -w %s=15000, as root", name);

	failure_set(error, errnum, cure, "the limit %s allows no more namespaces", name);
}

static bool apparmor_restricts(const char *proc_root)
{
	return knob_is(proc_root, "kernel/apparmor_restrict_unprivileged_userns", "1");
}

static void explain_apparmor(int errnum, GError **error)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *cure = g_strdup_printf(
		"as root: echo 'abi <abi/4.0>, profile netns-run \"%s\" flags=(unconfined) { "
		"userns, }'"
		" > /etc/apparmor.d/netns-run && apparmor_parser -r /etc/apparmor.d/netns-run",
		program ? program : "/usr/bin/netns-run");

	failure_set(error, errnum, cure,
		    "AppArmor restricts user namespaces of unprivileged programs on this host");
}

void userns_explain(const char *proc_root, int errnum, GError **error)
{
	const char *limit = exhausted_limit(proc_root, errnum == ENOSPC || errnum == EUSERS);
	g_autofree char *self_ns = g_build_filename(proc_root, "self/ns/user", NULL);

	if (knob_is(proc_root, "kernel/unprivileged_userns_clone", "0"))
		failure_set(error, errnum, "sysctl -w kernel.unprivileged_userns_clone=1, as root",
			    "this kernel forbids user namespaces to ordinary users");
	else if (limit)
		explain_limit(limit, errnum, error);
	else if (apparmor_restricts(proc_root))
		explain_apparmor(errnum, error);
	else if (errnum == EINVAL && !g_file_test(self_ns, G_FILE_TEST_EXISTS))
		failure_set(error, errnum, "use a kernel with CONFIG_USER_NS",
			    "this kernel has no user namespaces");
	else if (errnum == EPERM || errnum == ENOSYS)
		failure_set(error, errnum,
			    "leave the chroot, or allow clone and unshare in the seccomp profile "
			    "of the container around (netns-run: --cap-add sys_admin, docker: "
			    "--security-opt seccomp=unconfined)",
			    "new namespaces are not permitted here");
	else
		failure_set(error, errnum, NULL, "create namespaces: %s", g_strerror(errnum));
}

void userns_refine(const char *proc_root, GError **error)
{
	int errnum = (*error)->code;

	if ((errnum != EPERM && errnum != EACCES) || !apparmor_restricts(proc_root))
		return;
	g_clear_error(error);
	explain_apparmor(errnum, error);
}
