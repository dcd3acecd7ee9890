/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explanations - what the help of a verb says behind its options */
#include "src/ctl/explanations.h"

const char exec_explanation[] =
	"CMD runs with the namespaces, the cgroup, the capabilities and the system call filter\n"
	"of the container, as its root or as --user. Signals are passed on to it.\n"
	"\n"
	"With --host-tool it is a program of the host's instead, with the host's files, in the\n"
	"container's network and user namespace: what it writes is yours, and whatever it\n"
	"reads from the network it reads with your rights.\n"
	"\n"
	"Exit status: that of CMD, 128+N if signal N ended it, 126 where it cannot be run,\n"
	"127 where there is none, 125 for every failure of ours.";

const char kill_explanation[] =
	"SIGNAL is a name or a number: TERM, SIGTERM, 15, RTMIN+1. Without one, KILL.";

const char events_explanation[] =
	"A line is a JSON object with \"time\", \"container\", \"event\" and what belongs to its\n"
	"kind: started, ended, port-added, port-removed, flow-denied, forwarder-restarted,\n"
	"forwarder-upgraded, resolver-changed; \"lost\" has the \"count\" of those that are "
	"missing.\n"
	"Without NAME it goes on for ever, with all containers, also those that start later.";

const char egress_explanation[] =
	"RULE is [tcp:|udp:|icmp:]TARGET[:PORT[-PORT]], as in netns-run --allow. TARGET is an\n"
	"address, a prefix, a host name, *.NAME, @private, @metadata, @host or *. The first rule\n"
	"that matches decides. Flows that may no longer leave are cut.";

const char rate_explanation[] =
	"RATE is a number of bits per second, with kbit, mbit or gbit, or unlimited, as in "
	"netns-run\n"
	"--rate-in: in is towards the container, out from it. What is not named stays as it is.";

const char port_explanation[] =
	"RULE is [PLACE:]HOSTPORT[-END]:PORT[-END][/tcp|udp][,proxy=v1|v2], as in netns-run\n"
	"--publish. PLACE is an address of the host, an interface, or ADDRESS%INTERFACE; IPv6\n"
	"addresses stand in brackets. Host port 0 takes any free port. fd:N:PORT and fd:NAME:PORT\n"
	"are an inherited socket: descriptor N, or the one of this name in LISTEN_FDNAMES.\n"
	"\n"
	"All rules are published or, where one cannot be, none. One that is there already stays "
	"as\n"
	"it is. Each rule is printed as it was published.";

const char replace_explanation[] =
	"Publishes each RULE, see port add, and removes all other ports, or changes nothing. What\n"
	"stays is not interrupted, and a port that leads elsewhere now never stops listening.";

const char unport_explanation[] =
	"Takes [PLACE:]HOSTPORT[-END][/tcp|udp], fd:NAME or the whole rule; a bare number is an "
	"ID.\n"
	"Removes all of them or, where one is not published, none. Connections go on.";

const char ps_explanation[] =
	"HOSTPID is the process's number here, PID the one in the container; USER is the id\n"
	"in the container. The host's /proc is read: nothing runs in the container.";

const char stats_explanation[] =
	"Sent and received are bytes of payload; what a device or a TAP has counted, with all\n"
	"headers, is in JSON. The format of Prometheus can be scraped through any server of\n"
	"files, or by node_exporter's textfile collector.";

const char flows_explanation[] =
	"LOCAL and REMOTE are the ends as the container sees them, NAME is what it resolved to\n"
	"the remote's address. OUT is what it has sent, IN what it got, in bytes of payload.\n"
	"PROCESS is who holds the socket, by the PID in the container.";

const char doctor_explanation[] =
	"Looks at the settings that containers of an ordinary user depend on, and runs netns-run\n"
	"with true(1) to see what works. A note is something that works less well than it could.\n"
	"\n"
	"Exit status: 0, or 1 where there is a problem.";
