/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port_owner - which process holds a port of the host */
#include "src/port_owner.h"

#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/json.h"
#include "src/port_rule.h"
#include "src/state_dir.h"

/*
 * How it works
 *
 * The socket tables in /proc/net give the inode and uid of the socket that is in the way, and the
 * links in /proc/PID/fd tell who has that inode open. Processes of other users keep their
 * descriptors to themselves; then the uid is all there is to say.
 */

/* What the kernel shows for an id without mapping (user_namespaces(7)). */
#define OVERFLOW_UID 65534

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FILE, fclose)

/* One line of a socket table. */
struct socket_line {
	struct ip_address address;
	unsigned port, state, uid;
	uint64_t inode;
};

/* Addresses are printed as words of 8 hex digits, each in the byte order of the host. */
static bool parse_address(const char *hex, struct ip_address *ret_address)
{
	size_t n_words = strlen(hex) / 8;
	struct ip_address address = {.family = n_words == 1 ? AF_INET : AF_INET6};

	if (strlen(hex) % 8 || (n_words != 1 && n_words != 4))
		return false;
	for (size_t i = 0; i < n_words; i++) {
		uint32_t word;

		if (sscanf(hex + i * 8, "%8" SCNx32, &word) != 1)
			return false;
		memcpy(address.bytes + i * sizeof(word), &word, sizeof(word));
	}
	*ret_address = address;
	return true;
}

static bool parse_line(const char *text, struct socket_line *ret_line)
{
	/* sl local remote state tx:rx timer:when retransmits uid timeout inode */
	static const char format[] = " %*d: %32[0-9A-F]:%4x %*32[0-9A-F]:%*4x %2x"
				     " %*s %*s %*s %u %*u %" SCNu64;
	char hex[33];

	if (sscanf(text, format, hex, &ret_line->port, &ret_line->state, &ret_line->uid,
		   &ret_line->inode) != 5)
		return false;
	return parse_address(hex, &ret_line->address);
}

/* True if a socket that is bound to one address keeps another one from the same port. */
static bool is_in_the_way(const struct ip_address *bound, const struct ip_address *wanted)
{
	if (ip_address_is_any(bound))
		return bound->family == AF_INET6 || wanted->family == AF_INET;
	if (bound->family != wanted->family)
		return false;
	return ip_address_is_any(wanted) || ip_address_equal(bound, wanted);
}

/* Finds the socket in one table; one that listens comes before connections with the same port. */
static bool find_in_table(const char *path, const struct ip_address *host, uint16_t port,
			  struct socket_line *ret_line)
{
	g_autoptr(FILE) table = fopen(path, "re");
	struct socket_line line;
	bool found = false;
	char text[512];

	while (table && fgets(text, sizeof(text), table)) {
		/* Without an inode it is nobody's any more (TIME_WAIT). */
		if (!parse_line(text, &line) || line.port != port || line.inode == 0 ||
		    !is_in_the_way(&line.address, host))
			continue;
		if (found && line.state != TCP_LISTEN)
			continue;
		*ret_line = line;
		found = true;
		if (line.state == TCP_LISTEN)
			break;
	}
	return found;
}

static bool find_socket(int protocol, const struct ip_address *host, uint16_t port,
			struct socket_line *ret_line)
{
	bool is_tcp = protocol == IPPROTO_TCP;

	return find_in_table(is_tcp ? "/proc/net/tcp" : "/proc/net/udp", host, port, ret_line) ||
	       find_in_table(is_tcp ? "/proc/net/tcp6" : "/proc/net/udp6", host, port, ret_line);
}

static bool process_has_socket(const char *pid, const char *link_text)
{
	g_autofree char *directory = g_strdup_printf("/proc/%s/fd", pid);
	g_autoptr(GDir) fds = g_dir_open(directory, 0, NULL);
	const char *fd;

	while (fds && (fd = g_dir_read_name(fds))) {
		g_autofree char *path = g_build_filename(directory, fd, NULL);
		g_autofree char *target = g_file_read_link(path, NULL);

		if (target && g_str_equal(target, link_text))
			return true;
	}
	return false;
}

static char *read_comm(const char *pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/comm", pid);
	char *comm = NULL;

	if (!g_file_get_contents(path, &comm, NULL, NULL))
		return g_strdup("?");
	return g_strchomp(comm);
}

static char *describe_process(const char *pid)
{
	g_autofree char *comm = read_comm(pid);

	return g_strdup_printf("process '%s' (pid %s)", comm, pid);
}

/* The pid, as text, of a process that has the inode open. */
static char *find_process(uint64_t inode)
{
	g_autofree char *link_text = g_strdup_printf("socket:[%" PRIu64 "]", inode);
	g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
	const char *pid;

	while (processes && (pid = g_dir_read_name(processes)))
		if (g_ascii_isdigit(*pid) && process_has_socket(pid, link_text))
			return g_strdup(pid);
	return NULL;
}

/* socket: the one in the way. */
static bool rule_covers(JsonNode *node, int protocol, const struct socket_line *socket)
{
	struct port_rule rule;

	return JSON_NODE_HOLDS_OBJECT(node) &&
	       port_rule_from_json(json_node_get_object(node), &rule, NULL) &&
	       rule.protocol == protocol && rule.host_first <= socket->port &&
	       socket->port <= rule.host_last &&
	       (!rule.host.family || ip_address_equal(&rule.host, &socket->address));
}

static bool container_publishes(const char *name, int protocol, const struct socket_line *socket)
{
	g_autofree char *text = state_dir_read(name, NULL);
	g_autoptr(JsonNode) root = text ? json_from_string(text, NULL) : NULL;
	JsonNode *ports = NULL;

	if (root && JSON_NODE_HOLDS_OBJECT(root))
		ports = json_object_get_member(json_node_get_object(root), "ports");
	if (!ports || !JSON_NODE_HOLDS_ARRAY(ports))
		return false;
	g_autoptr(GList) rules = json_array_get_elements(json_node_get_array(ports));
	for (GList *rule = rules; rule; rule = rule->next)
		if (rule_covers(rule->data, protocol, socket))
			return true;
	return false;
}

/* A container says in its state what it publishes. */
static char *find_container(int protocol, const struct socket_line *socket)
{
	g_autoptr(GPtrArray) names = state_dir_list(NULL);

	for (guint i = 0; names && i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		if (container_publishes(name, protocol, socket))
			return g_strdup_printf("container '%s'", name);
	}
	return NULL;
}

char *port_owner_find(int protocol, const struct ip_address *host, uint16_t port)
{
	struct socket_line line;

	if (!find_socket(protocol, host, port, &line))
		return NULL;
	/* First: the launcher, which keeps the socket for the next forwarder, says less. */
	char *container = find_container(protocol, &line);
	if (container)
		return container;
	g_autofree char *pid = find_process(line.inode);
	if (pid)
		return describe_process(pid);
	/* In a user namespace of our own all others are one. */
	if (line.uid == OVERFLOW_UID)
		return g_strdup("a process of another user");
	return g_strdup_printf("a process of uid %u", line.uid);
}
