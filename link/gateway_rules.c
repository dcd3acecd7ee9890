/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_rules - the gateway's nftables ruleset: the only place that knows nftables */
#include "link/gateway_rules.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include <nftables/libnftables.h>

#include "link/gateway_encap.h"
#include "link/gateway_links.h"
#include "src/failure.h"
#include "src/gateway_marker.h"

#define LIBRARY "libnftables.so.1"

/*
 * How it works
 *
 * At the ingress of uplink0 every frame of the command takes one of two ways: to the TAP, unchanged
 * (fwd), or up into the gateway's own stack. The TAP gets what opens a TCP connection, what is
 * neither TCP nor UDP, and all that is for the resolver's alias, which the forwarder answers; of
 * UDP also DHCP and what has many receivers. What goes up carries the MAC of the command's router,
 * so its packet type must be set to "host" for the stack to take it.
 *
 * In prerouting, packets of a connected transparent socket are marked, and routing then delivers
 * marked packets locally. (tproxy would find these sockets as well, but leaves early demultiplexing
 * with its cached routes out, which is cheaper.) All others go to the two listening sockets
 * (tproxy): SYNs that came back from the forwarder, first datagrams, and segments of connections
 * that are gone, which the listener answers with the RST that a socket without a right to the
 * foreign address could not send. SYNs never take the first rule: a TIME_WAIT socket would swallow
 * them, while tproxy retires it.
 *
 * The command may give its eth0 another MAC. The kernel of the gateway writes the first one into
 * what it sends; frames from another one leave it in a map for some seconds, from which the egress
 * chain corrects the destination. (An element cannot be overwritten from a rule, so it has to
 * expire.)
 *
 * Packets of tunnels go up by a detour that completes them (link/gateway_encap.h).
 *
 * Fragments of UDP go up with the rest: tproxy and socket switch the kernel's reassembly on, which
 * runs before these chains. So no rule may depend on ports where later fragments matter; the
 * resolver's alias is matched by its address alone. (For reassembly it is one whether a first
 * fragment takes the tunnels' detour.)
 */

/* What a kernel may lack, each in the smallest ruleset that needs it, in the order of dependence.
 */
static const struct {
	const char *what, *ruleset;
} pieces[] = {
	{"nf_tables (CONFIG_NF_TABLES)", "add table inet probe"},
	{"nf_tables ingress hook (CONFIG_NF_TABLES_NETDEV, CONFIG_NETFILTER_INGRESS)",
	 "table netdev probe { chain c { type filter hook ingress device lo priority 0; }\n}"},
	{"nf_tables fwd expression (CONFIG_NFT_FWD_NETDEV)",
	 "table netdev probe { chain c { type filter hook ingress device lo priority 0;"
	 " fwd to \"lo\"; }\n}"},
	{"nf_tables socket expression (CONFIG_NFT_SOCKET)",
	 "table inet probe { chain c { type filter hook prerouting priority mangle;"
	 " meta l4proto tcp socket transparent 1 accept; }\n}"},
	{"nf_tables tproxy expression (CONFIG_NFT_TPROXY)",
	 "table inet probe { chain c { type filter hook prerouting priority mangle;"
	 " meta nfproto ipv4 meta l4proto tcp tproxy ip to 127.0.0.1:1 accept; }\n}"},
};

struct gateway_rules {
	const struct link_config *config;
	bool follow_mac; /* deliver to whatever MAC the command's eth0 has now */
};

static void append_resolver(GString *text, const char *family, const struct ip_address *resolver)
{
	char address[IP_ADDRESS_TEXT_SIZE];

	if (resolver->family != AF_UNSPEC)
		g_string_append_printf(text, "%s daddr %s fwd to \"" GATEWAY_TAP "\"\n", family,
				       ip_address_text(resolver, address));
}

static void append_udp_exceptions(GString *text)
{
	g_string_append(text, "meta l4proto != udp fwd to \"" GATEWAY_TAP "\"\n"
			      "meta pkttype { broadcast, multicast } fwd to \"" GATEWAY_TAP "\"\n"
			      "udp dport { 67, 547 } fwd to \"" GATEWAY_TAP "\"\n");
	/* By IANA's ports of VXLAN and Geneve, Linux's own of VXLAN, and VXLAN's header anywhere.
	 */
	g_string_append(text,
			"udp dport { 4789, 6081, 8472 } fwd to \"" GATEWAY_ENCAP_IN "\"\n"
			"meta l4proto udp @th,64,32 0x08000000 fwd to \"" GATEWAY_ENCAP_IN "\"\n"
			"meta pkttype set host\n");
}

/* What the gateway's own stack sends is addressed to the MAC that eth0 had first: correct it. */
static void append_follow_mac(GString *text, const char *mac)
{
	g_string_append_printf(text,
			       "map command_mac { typeof meta mark : ether saddr\n"
			       "flags dynamic, timeout; size 128; }\n"
			       "chain to_command {\n"
			       "type filter hook egress device \"" GATEWAY_UPLINK "\" priority 0;\n"
			       "ether daddr %s ether daddr set meta mark map @command_mac\n"
			       "}\n",
			       mac);
}

static void append_from_command(GString *text, const struct gateway_rules *rules, const char *mac)
{
	g_string_append(text,
			"chain from_command {\n"
			"type filter hook ingress device \"" GATEWAY_UPLINK "\" priority 0;\n");
	if (rules->follow_mac)
		g_string_append_printf(text,
				       "ether saddr != %s "
				       "add @command_mac { meta mark timeout 5s : ether saddr }\n",
				       mac);
	g_string_append_printf(text,
			       "meta protocol != { %s } fwd to \"" GATEWAY_TAP "\"\n"
			       "tcp flags & (syn | ack) == syn fwd to \"" GATEWAY_TAP "\"\n",
			       rules->config->v6.enabled ? "ip, ip6" : "ip");
	append_resolver(text, "ip", &rules->config->v4.dns);
	append_resolver(text, "ip6", &rules->config->v6.dns);
	g_string_append(text, "meta l4proto tcp meta pkttype set host accept\n");
	append_udp_exceptions(text);
	g_string_append(text, "}\n");
}

static void append_ingress(GString *text, const struct gateway_rules *rules)
{
	g_autofree char *mac = mac_address_to_string(&rules->config->mac);

	g_string_append(text, "table netdev gateway {\n");
	if (rules->follow_mac)
		append_follow_mac(text, mac);
	append_from_command(text, rules, mac);
	g_string_append(text,
			"chain from_tap {\n"
			"type filter hook ingress device \"" GATEWAY_TAP "\" priority 0;\n"
			"ether daddr " GATEWAY_MARKER_MAC_TEXT " meta pkttype set host accept\n"
			"fwd to \"" GATEWAY_UPLINK "\"\n"
			"}\n"
			"chain from_encap {\n"
			"type filter hook ingress device \"" GATEWAY_ENCAP_OUT "\" priority 0;\n"
			"meta pkttype set host\n"
			"}\n"
			"}\n");
}

static void append_tproxy(GString *text, const char *protocol, unsigned port, bool with_v6)
{
	g_string_append_printf(text,
			       "meta nfproto ipv4 meta l4proto %s tproxy ip to 127.0.0.1:%u "
			       "meta mark set %d accept\n",
			       protocol, port, GATEWAY_MARK);
	if (with_v6)
		g_string_append_printf(text,
				       "meta nfproto ipv6 meta l4proto %s tproxy ip6 to [::1]:%u "
				       "meta mark set %d accept\n",
				       protocol, port, GATEWAY_MARK);
}

static void append_divert(GString *text, const struct gateway_rules *rules)
{
	bool with_v6 = rules->config->v6.enabled;

	g_string_append_printf(text,
			       "table inet gateway {\n"
			       "chain divert {\n"
			       "type filter hook prerouting priority mangle;\n"
			       "iif { \"" GATEWAY_UPLINK "\", \"" GATEWAY_ENCAP_OUT
			       "\" } meta l4proto { tcp, udp } "
			       "socket transparent 1 meta mark set %d accept\n",
			       GATEWAY_MARK);
	append_tproxy(text, "tcp", GATEWAY_TCP_PORT, with_v6);
	append_tproxy(text, "udp", GATEWAY_UDP_PORT, with_v6);
	g_string_append(text, "}\n"
			      "}\n");
}

static char *rules_text(const struct gateway_rules *rules)
{
	GString *text = g_string_new(NULL);

	append_ingress(text, rules);
	append_divert(text, rules);
	return g_string_free(text, FALSE);
}

/* --- libnftables --- */

/*
 * It is loaded here, not with the program: only who builds a gateway needs it, and the processes
 * that do can load it while they wait for others.
 */
struct library {
	__typeof__(nft_ctx_new) *ctx_new;
	__typeof__(nft_ctx_free) *ctx_free;
	__typeof__(nft_ctx_buffer_output) *ctx_buffer_output;
	__typeof__(nft_ctx_buffer_error) *ctx_buffer_error;
	__typeof__(nft_ctx_get_error_buffer) *ctx_get_error_buffer;
	__typeof__(nft_ctx_set_dry_run) *ctx_set_dry_run;
	__typeof__(nft_run_cmd_from_buffer) *run_cmd_from_buffer;
};

static bool find_functions(void *handle, struct library *library)
{
	const struct {
		void *place;
		const char *name;
	} functions[] = {
		{&library->ctx_new, "nft_ctx_new"},
		{&library->ctx_free, "nft_ctx_free"},
		{&library->ctx_buffer_output, "nft_ctx_buffer_output"},
		{&library->ctx_buffer_error, "nft_ctx_buffer_error"},
		{&library->ctx_get_error_buffer, "nft_ctx_get_error_buffer"},
		{&library->ctx_set_dry_run, "nft_ctx_set_dry_run"},
		{&library->run_cmd_from_buffer, "nft_run_cmd_from_buffer"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
		void *function = dlsym(handle, functions[i].name);
		if (!function)
			return false;
		memcpy(functions[i].place, &function, sizeof(function));
	}
	return true;
}

/* It stays loaded. */
static bool load_library(struct library *library, GError **error)
{
	void *handle = dlopen(LIBRARY, RTLD_NOW);

	if (handle && find_functions(handle, library))
		return true;
	failure_set(error, ENOENT, "install libnftables1, or take --link=tap",
		    "load " LIBRARY ": %s", dlerror());
	return false;
}

void gateway_rules_prepare(void)
{
	struct library library;

	load_library(&library, NULL);
}

/* Runs commands; what nft has to say of a failure is in its error buffer afterwards. */
static bool run(const struct library *library, struct nft_ctx *nft, const char *commands)
{
	return library->run_cmd_from_buffer(nft, commands) == 0;
}

/* Probes the kernel part by part, without changing anything, to name the one that is missing. */
static void diagnose(const struct library *library, struct nft_ctx *nft, GError **error)
{
	g_autofree char *complaint = g_strdup(library->ctx_get_error_buffer(nft));

	library->ctx_set_dry_run(nft, true);
	for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
		if (run(library, nft, pieces[i].ruleset))
			continue;
		failure_set(error, EOPNOTSUPP, "take --link=tap, which needs no nf_tables",
			    "the kernel has no %s", pieces[i].what);
		return;
	}
	/* The first line says it; the others quote the ruleset. */
	failure_set(error, EINVAL, NULL, "load the gateway's nftables rules: %.*s",
		    (int)strcspn(complaint, "\n"), complaint);
}

static struct nft_ctx *make_context(const struct library *library)
{
	struct nft_ctx *nft = library->ctx_new(NFT_CTX_DEFAULT);

	if (nft && library->ctx_buffer_output(nft) == 0 && library->ctx_buffer_error(nft) == 0)
		return nft;
	if (nft)
		library->ctx_free(nft);
	return NULL;
}

bool gateway_rules_load(const struct link_config *config, GError **error)
{
	struct gateway_rules rules = {config, true};
	g_autofree char *text = rules_text(&rules);
	struct library library;

	if (!load_library(&library, error))
		return false;
	struct nft_ctx *nft = make_context(&library);
	if (!nft) {
		failure_set(error, ENOMEM, NULL, "no memory for nftables");
		return false;
	}
	bool ok = run(&library, nft, text);
	if (!ok) {
		/* The egress hook came with Linux 5.16; without it eth0 must keep its MAC. */
		rules.follow_mac = false;
		g_autofree char *simpler = rules_text(&rules);
		ok = run(&library, nft, simpler);
	}
	if (!ok)
		diagnose(&library, nft, error);
	library.ctx_free(nft);
	return ok;
}
