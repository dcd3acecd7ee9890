/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage - what --help and --version print */
#include "plugins/pasta/usage.h"

#include "version.h"

static const char text[] =
	"Usage: pasta [OPTION]... [COMMAND] [ARGS]...\n"
	"       pasta [OPTION]... PID\n"
	"       pasta [OPTION]... --netns [PATH|NAME]\n"
	"\n"
	"Without PID or --netns, run the given command or a shell in new namespaces, and connect\n"
	"it. This is netns-run's, with the options of pasta that other programs use.\n"
	"\n"
	"  -f, --foreground            do not go on in the background\n"
	"  -q, --quiet                 print nothing but errors\n"
	"  -l, --log-file PATH         write messages to this file\n"
	"  -P, --pid FILE              write the process id to this file\n"
	"  -h, --help                  show this help and exit\n"
	"      --version               show version and exit\n"
	"  -I, --ns-ifname NAME        interface in the namespace (default: the host's name for "
	"its)\n"
	"  -m, --mtu MTU               its MTU (default: 1500 on a gateway link, 65520 on a tap "
	"link)\n"
	"  -a, --address ADDR[/LEN]    its address (default: the host's)\n"
	"  -n, --netmask MASK          of its IPv4 address, as bits or 255.255.255.0\n"
	"  -g, --gateway ADDR          its router (default: the host's)\n"
	"  -M, --mac-addr ADDR         MAC address of all neighbours\n"
	"      --ns-mac-addr ADDR      MAC address of the interface (default: random)\n"
	"  -i, --interface NAME        interface of the host to take addresses from (default: that "
	"of\n"
	"                              the default route)\n"
	"  -o, --outbound ADDR         address of the host to send from\n"
	"      --outbound-if4 NAME     interface of the host to send by\n"
	"      --outbound-if6 NAME     the same: one is for both families\n"
	"      --config-net            configure the interface in the namespace\n"
	"      --dns-forward ADDR      name server in the namespace, which asks the host's\n"
	"      --dns-host ADDR         name server that it asks (default: those of resolv.conf)\n"
	"      --map-host-loopback ADDR  address that leads to the host's loopback (default: the\n"
	"                              router's; 'none': none)\n"
	"      --no-map-gw             the router's address is the router's\n"
	"      --map-guest-addr ADDR   address that leads to the host at the namespace's address\n"
	"  -4, --ipv4-only             no IPv6\n"
	"  -6, --ipv6-only             no IPv4\n"
	"  -t, --tcp-ports SPEC        TCP ports that lead into the namespace (default: auto)\n"
	"  -u, --udp-ports SPEC        UDP ports that lead into the namespace (default: auto)\n"
	"        SPEC is 'none', 'auto' (as they are used inside), 'all', or\n"
	"        [ADDR[%INTERFACE]/]PORT[-PORT][:PORT[-PORT]],~PORT[-PORT],...\n"
	"  -T, --tcp-ns SPEC           TCP ports of the namespace's loopback that lead to the "
	"host's\n"
	"                              (default: none)\n"
	"  -U, --udp-ns SPEC           only 'none'\n"
	"      --userns PATH           user namespace to join (default: the one that owns the "
	"other)\n"
	"      --netns PATH|NAME       network namespace to connect\n"
	"      --no-netns-quit         stay when that has gone\n"
	"      --link LINK             gateway, tap or auto (default: $NETNS_RUN_LINK, or auto)\n";

void usage_print(FILE *stream)
{
	fputs(text, stream);
}

void usage_print_version(void)
{
	printf("pasta netns-run-%s (options of passt 2025_05_03)\n", NETNS_RUN_VERSION);
}
