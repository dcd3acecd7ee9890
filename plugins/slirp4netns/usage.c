/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage - what --help and --version print, which other programs read */
#include "plugins/slirp4netns/usage.h"

#include <stdio.h>

#include <glib.h>

#include "src/sibling.h"
#include "src/syscall_names.h"
#include "version.h"

/* That of slirp4netns whose interface this is. */
#define COMPATIBLE_VERSION "1.2.0"

static const char options_text[] =
	"User-mode networking for unprivileged network namespaces.\n"
	"\n"
	"-c, --configure          bring up the interface\n"
	"-e, --exit-fd=FD         specify the FD for terminating slirp4netns\n"
	"-r, --ready-fd=FD        specify the FD to write to when the network is configured\n"
	"-m, --mtu=MTU            specify MTU (default=1500, max=65521)\n"
	"-6, --enable-ipv6        enable IPv6 (experimental)\n"
	"-a, --api-socket=PATH    specify API socket path\n"
	"--cidr=CIDR              specify network address CIDR (default=10.0.2.0/24)\n"
	"--cidr6=CIDR             specify network address CIDR for IPv6 (default=fd00::/64)\n"
	"--disable-host-loopback  prohibit connecting to 127.0.0.1:* on the host namespace\n"
	"--netns-type=TYPE 	 specify network namespace type ([path|pid|tapfd], default=pid)\n"
	"--userns-path=PATH	 specify user namespace path\n"
	"--enable-sandbox         nothing more: the helper's sandbox is on in any case\n"
	"--enable-seccomp         nothing more: it has a filter of system calls as well\n"
	"--outbound-addr=IPv4     sets outbound ipv4 address to bound to (experimental)\n"
	"--outbound-addr6=IPv6    sets outbound ipv6 address to bound to (experimental)\n"
	"--disable-dns            disables 10.0.2.3 (or configured internal ip) to host dns "
	"redirect (experimental)\n"
	"--macaddress=MAC         specify the MAC address of the TAP (only valid with -c)\n"
	"--target-type=TYPE       specify the target type ([netns|bess], default=netns)\n"
	"--link=LINK              specify the link of netns-run ([auto|gateway|tap], default=auto "
	"or $NETNS_RUN_LINK)\n"
	"-h, --help               show this help and exit\n"
	"-v, --version            show version and exit\n";

void usage_print(const char *program)
{
	printf("Usage: %s [OPTION]... PID|PATH|FD [TAPNAME]\n%s", program, options_text);
}

/* The lines about libslirp come from the program that is linked with it. */
static void print_forwarder_lines(void)
{
	g_autofree char *program =
		sibling_find("netns-forwarder", "../forwarder/netns-forwarder", NULL);
	const char *const command[] = {program, "--version", NULL};
	g_autofree char *output = NULL;

	if (!program || !g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_DEFAULT, NULL, NULL,
				      &output, NULL, NULL, NULL))
		return;
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	for (char **line = lines; *line; line++)
		if (g_str_has_prefix(*line, "libslirp: ") ||
		    g_str_has_prefix(*line, "SLIRP_CONFIG_VERSION_MAX: "))
			printf("%s\n", *line);
}

void usage_print_version(void)
{
	g_autofree char *libseccomp = syscall_library_version();

	printf("slirp4netns version %s+netns-run-%s\ncommit: %s\n", COMPATIBLE_VERSION,
	       NETNS_RUN_VERSION, "netns-run " NETNS_RUN_VERSION);
	fflush(stdout);
	print_forwarder_lines();
	printf("libseccomp: %s\n", libseccomp);
}
