/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_files - what the host's files say about running containers as an ordinary user */
#include "src/ctl/doctor_files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "src/ctl/doctor_subids.h"
#include "src/ctl/finding.h"

static char *path_of(const struct doctor_host *host, const char *path)
{
	return g_strconcat(host->root, path, NULL);
}

static bool exists(const struct doctor_host *host, const char *path)
{
	g_autofree char *full = path_of(host, path);

	return g_file_test(full, G_FILE_TEST_EXISTS);
}

/* A sysctl's text without the newline, the caller's; NULL where the kernel has it not. */
static char *read_sysctl(const struct doctor_host *host, const char *name)
{
	g_autofree char *dotted = g_strconcat("/proc/sys/", name, NULL);
	g_autofree char *path = path_of(host, dotted);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return NULL;
	return g_strstrip(text);
}

static void check_knobs(const struct doctor_host *host, GPtrArray *findings)
{
	static const struct {
		const char *path, *name, *bad, *cure;
	} knobs[] = {
		{"kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", "0",
		 "as root: sysctl -w kernel.unprivileged_userns_clone=1"},
		{"user/max_user_namespaces", "user.max_user_namespaces", "0",
		 "as root: sysctl -w user.max_user_namespaces=15000"},
		{"user/max_net_namespaces", "user.max_net_namespaces", "0",
		 "as root: sysctl -w user.max_net_namespaces=15000"},
		{"kernel/apparmor_restrict_unprivileged_userns",
		 "kernel.apparmor_restrict_unprivileged_userns", "1",
		 "give netns-run an AppArmor profile with the rule 'userns,' (netns-run prints "
		 "one when it is refused)"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(knobs); i++) {
		g_autofree char *value = read_sysctl(host, knobs[i].path);
		if (value && g_str_equal(value, knobs[i].bad))
			finding_add(findings, FINDING_PROBLEM, "user namespaces", knobs[i].cure,
				    "%s is %s", knobs[i].name, value);
	}
}

static void check_tun(const struct doctor_host *host, GPtrArray *findings)
{
	g_autofree char *path = path_of(host, "/dev/net/tun");

	if (access(path, F_OK) < 0)
		finding_add(findings, FINDING_PROBLEM, "/dev/net/tun", "as root: modprobe tun",
			    "it is not there");
	else if (access(path, R_OK | W_OK) < 0)
		finding_add(findings, FINDING_PROBLEM, "/dev/net/tun",
			    "as root: chmod 0666 /dev/net/tun, as udev does",
			    "you may not open it");
	else
		finding_add(findings, FINDING_OK, "/dev/net/tun", NULL, "can be opened");
}

/* Set-user-ID, or a file capability, which is one attribute whatever is in it. */
static bool has_power(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && ((st.st_mode & S_ISUID && st.st_uid == 0) ||
					getxattr(path, "security.capability", NULL, 0) > 0);
}

static void check_helper(const struct doctor_host *host, const char *name, GPtrArray *findings)
{
	g_autofree char *usual = g_strconcat("/usr/bin/", name, NULL);
	g_autofree char *path = path_of(host, usual);

	if (access(path, X_OK) < 0) {
		finding_add(findings, FINDING_NOTE, name, "install the package uidmap",
			    "it is not there: a container has one user id only");
	} else if (!has_power(path)) {
		g_autofree char *cure = g_strdup_printf("as root: chmod u+s %s", usual);
		finding_add(findings, FINDING_PROBLEM, name, cure,
			    "%s is neither set-user-ID root nor has a file capability", usual);
	} else {
		finding_add(findings, FINDING_OK, name, NULL, "has the power that it needs");
	}
}

static void check_ping(const struct doctor_host *host, GPtrArray *findings)
{
	g_autofree char *range = read_sysctl(host, "net/ipv4/ping_group_range");
	unsigned first, last;

	if (!range || sscanf(range, "%u %u", &first, &last) != 2)
		return;
	if (host->gid >= first && host->gid <= last)
		finding_add(findings, FINDING_OK, "ping", NULL, "works inside");
	else
		finding_add(findings, FINDING_NOTE, "ping",
			    "as root: sysctl -w net.ipv4.ping_group_range='0 2147483647'",
			    "net.ipv4.ping_group_range (%u to %u) excludes your group %u: no ping "
			    "beyond the gateway",
			    first, last, host->gid);
}

static void check_low_ports(const struct doctor_host *host, GPtrArray *findings)
{
	g_autofree char *start = read_sysctl(host, "net/ipv4/ip_unprivileged_port_start");

	if (start && atoi(start) > 80)
		finding_add(findings, FINDING_NOTE, "low ports",
			    "as root: sysctl -w net.ipv4.ip_unprivileged_port_start=80",
			    "host ports below %s cannot be published", start);
	else if (start)
		finding_add(findings, FINDING_OK, "low ports", NULL,
			    "host ports from %s on can be published", start);
}

static void check_linger(const struct doctor_host *host, GPtrArray *findings)
{
	g_autofree char *file = g_strconcat("/var/lib/systemd/linger/", host->user, NULL);
	g_autofree char *cure = g_strdup_printf("loginctl enable-linger %s", host->user);

	if (!exists(host, "/run/systemd/system"))
		finding_add(findings, FINDING_NOTE, "systemd", NULL,
			    "does not run here: limits need --cgroup-parent");
	else if (exists(host, file))
		finding_add(findings, FINDING_OK, "lingering", NULL,
			    "your containers outlive your logout");
	else
		finding_add(findings, FINDING_NOTE, "lingering", cure,
			    "your containers with limits end when you log out");
}

static void check_overlay_program(const struct doctor_host *host, GPtrArray *findings)
{
	if (exists(host, "/usr/bin/fuse-overlayfs"))
		finding_add(findings, FINDING_OK, "fuse-overlayfs", NULL,
			    "is there, for where the kernel mounts no overlay for users");
}

void doctor_check_files(const struct doctor_host *host, GPtrArray *findings)
{
	check_knobs(host, findings);
	check_tun(host, findings);
	doctor_check_subids(host, findings);
	check_helper(host, "newuidmap", findings);
	check_helper(host, "newgidmap", findings);
	check_ping(host, findings);
	check_low_ports(host, findings);
	check_linger(host, findings);
	check_overlay_program(host, findings);
}
