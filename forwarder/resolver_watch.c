/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver_watch - notices that the host has other name servers (inotify(7)) */
#include "forwarder/resolver_watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#include "forwarder/resolv_conf.h"
#include "src/address.h"
#include "src/event_kind.h"

#define CHANGES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE)

struct resolver_watch {
	struct watch_entry entry; /* first: on_change() casts */
	struct watch *watch;
	struct notifier *notifier;
	struct resolv_conf *conf;
	char *path;
	struct sockaddr_storage servers[2]; /* IPv4, IPv6 */
};

/* The one of the other family is no news. */
static void read_servers(struct resolver_watch *resolver, struct sockaddr_storage servers[2])
{
	static const int families[] = {AF_INET, AF_INET6};

	memset(servers, 0, 2 * sizeof(servers[0]));
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
		if (!resolv_conf_nameserver(resolver->conf, families[i], &servers[i]) ||
		    servers[i].ss_family != families[i])
			memset(&servers[i], 0, sizeof(servers[i]));
	}
}

static void tell(const struct resolver_watch *resolver)
{
	JsonArray *list = json_array_new();
	JsonObject *details = json_object_new();
	JsonNode *root = json_node_new(JSON_NODE_OBJECT);

	for (size_t i = 0; i < G_N_ELEMENTS(resolver->servers); i++) {
		struct ip_address address;
		uint16_t port;
		char text[IP_ADDRESS_TEXT_SIZE];

		if (ip_address_from_sockaddr((const struct sockaddr *)&resolver->servers[i],
					     &address, &port))
			json_array_add_string_element(list, ip_address_text(&address, text));
	}
	json_object_set_array_member(details, "nameservers", list);
	json_node_take_object(root, details);
	notifier_event(resolver->notifier, event_kind_name(EVENT_RESOLVER_CHANGED), root);
}

/*
 * A link may lead elsewhere by now. What is watched twice is one watch. The file itself, because it
 * may be a mount of its own, as in a container.
 */
static void watch_directories(struct resolver_watch *resolver)
{
	g_autofree char *directory = g_path_get_dirname(resolver->path);
	char *target = realpath(resolver->path, NULL);

	inotify_add_watch(resolver->entry.fd, resolver->path, IN_CLOSE_WRITE);
	inotify_add_watch(resolver->entry.fd, directory, CHANGES | IN_ONLYDIR);
	if (target) {
		g_autofree char *target_directory = g_path_get_dirname(target);
		inotify_add_watch(resolver->entry.fd, target_directory, CHANGES | IN_ONLYDIR);
	}
	free(target);
}

static void on_change(struct watch_entry *entry, uint32_t events G_GNUC_UNUSED)
{
	struct resolver_watch *resolver = (struct resolver_watch *)entry;
	struct sockaddr_storage servers[2];
	char buffer[4096];

	/* Whatever it was in these directories: to look costs one stat(2). */
	while (read(entry->fd, buffer, sizeof(buffer)) > 0)
		;
	watch_directories(resolver);
	read_servers(resolver, servers);
	if (memcmp(servers, resolver->servers, sizeof(servers)) == 0)
		return;
	memcpy(resolver->servers, servers, sizeof(servers));
	tell(resolver);
}

struct resolver_watch *resolver_watch_new(const char *path, struct watch *watch,
					  struct notifier *notifier)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return NULL;
	struct resolver_watch *resolver = g_new0(struct resolver_watch, 1);
	resolver->entry = (struct watch_entry){.fd = fd, .handler = on_change};
	resolver->watch = watch;
	resolver->notifier = notifier;
	resolver->conf = resolv_conf_new(path);
	resolver->path = g_strdup(path);
	watch_directories(resolver);
	read_servers(resolver, resolver->servers);
	watch_add(watch, &resolver->entry, EPOLLIN);
	return resolver;
}

int resolver_watch_free(struct resolver_watch *resolver)
{
	if (!resolver)
		return -1;
	int fd = resolver->entry.fd;
	watch_remove(resolver->watch, &resolver->entry);
	resolv_conf_free(resolver->conf);
	g_free(resolver->path);
	g_free(resolver);
	return fd;
}
