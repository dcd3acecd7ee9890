/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_resolv_conf - the host's resolv.conf and hosts: what is read from them, and made of them */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <glib.h>

#include "forwarder/resolv_conf.h"
#include "launcher/network.h"
#include "launcher/resolver_feed.h"
#include "src/autoclose.h"
#include "src/dns_config.h"
#include "tests/fuzz/fuzz.h"

static void check_servers(const char *text)
{
	g_autoptr(GArray) servers = resolv_conf_servers(text);

	for (guint i = 0; i < servers->len; i++) {
		const struct sockaddr_storage *server =
			&g_array_index(servers, struct sockaddr_storage, i);
		g_autofree char *printed = dns_server_to_string(server);
		struct sockaddr_storage again;

		g_assert(server->ss_family == AF_INET || server->ss_family == AF_INET6);
		g_assert(dns_server_parse(printed, &again, NULL));
	}
}

/* The command asks our resolver, whatever the host has. */
static void check_resolv_conf(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	g_assert_cmpstr(lines[0], ==, "nameserver 10.0.2.3");
	for (guint i = 1; lines[i]; i++)
		g_assert(!g_str_has_prefix(lines[i], "nameserver"));
}

static void check_files(const char *path)
{
	struct link_config link = {.mtu = 1500};
	struct network_options options;
	struct ip_prefix prefix;

	ip_prefix_parse("10.0.2.0/24", &prefix, NULL);
	link_network_init(&link.v4, &prefix);
	network_options_init(&options);
	g_autofree char *resolv_conf = network_resolv_conf(&link, &options.dns, path);
	check_resolv_conf(resolv_conf);
	g_autofree char *hosts = network_hosts(&link, &options.dns, "box", path);
	g_assert(strstr(hosts, "10.0.2.100") && strstr(hosts, "localhost"));
	g_autofree char *feed = resolver_feed_read(path, NULL);
	g_assert(strlen(feed) <= 4096);
	check_servers(feed);
	options.mode = NETWORK_HOST;
	g_autofree char *foreign = network_foreign_resolv_conf(&options, path);
	g_autofree char *host_hosts = network_host_hosts(&options.dns, path);
	g_assert(foreign && host_hosts);
	network_options_done(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	autoclose int file = memfd_create("resolv.conf", MFD_CLOEXEC);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file);

	check_servers(text);
	if (file >= 0 && write(file, data, size) == (ssize_t)size)
		check_files(path);
	return 0;
}
