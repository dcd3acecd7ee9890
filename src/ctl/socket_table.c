/* SPDX-License-Identifier: GPL-2.0-or-later */
/* socket_table - the sockets of a network namespace, as /proc/net tells of them (proc(5)) */
#include "src/ctl/socket_table.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/autoclose.h"

struct entry {
	struct socket_ends ends; /* first: is the key */
	uint64_t inode;
};

struct socket_table {
	GHashTable *entries; /* set of struct entry */
};

static guint ends_hash(gconstpointer key)
{
	const struct socket_ends *ends = key;

	return ip_address_hash(&ends->remote) * 31 + ends->local_port * 65599u + ends->remote_port +
	       (guint)ends->protocol;
}

static gboolean ends_equal(gconstpointer a, gconstpointer b)
{
	const struct socket_ends *x = a, *y = b;

	return x->protocol == y->protocol && x->local_port == y->local_port &&
	       x->remote_port == y->remote_port && ip_address_equal(&x->local, &y->local) &&
	       ip_address_equal(&x->remote, &y->remote);
}

struct socket_table *socket_table_new(void)
{
	struct socket_table *table = g_new0(struct socket_table, 1);

	table->entries = g_hash_table_new_full(ends_hash, ends_equal, NULL, g_free);
	return table;
}

void socket_table_free(struct socket_table *table)
{
	if (!table)
		return;
	g_hash_table_unref(table->entries);
	g_free(table);
}

/* Words of 32 bits in host order; any address is unset, so that families do not matter. */
static bool parse_address(const char *text, size_t size, struct ip_address *ret_address)
{
	struct ip_address address = {.family = size == 8 ? AF_INET : AF_INET6};

	for (size_t i = 0; i < size / 8; i++) {
		char word[9] = {0};
		memcpy(word, text + i * 8, 8);
		uint32_t value = (uint32_t)strtoul(word, NULL, 16);
		memcpy(address.bytes + i * 4, &value, sizeof(value));
	}
	if (address.family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address.v6)) {
		struct ip_address mapped = {.family = AF_INET};
		memcpy(mapped.bytes, address.bytes + 12, 4);
		address = mapped;
	}
	*ret_address = ip_address_is_any(&address) ? (struct ip_address){0} : address;
	return true;
}

/* "0100007F:1F90" */
static bool parse_end(const char *text, struct ip_address *ret_address, uint16_t *ret_port)
{
	size_t size = strspn(text, "0123456789ABCDEF");

	if ((size != 8 && size != 32) || text[size] != ':')
		return false;
	*ret_port = (uint16_t)strtoul(text + size + 1, NULL, 16);
	return parse_address(text, size, ret_address);
}

void socket_table_add_line(struct socket_table *table, int protocol, const char *line)
{
	struct entry entry = {.ends.protocol = protocol};
	char local[64], remote[64];
	unsigned long long inode;

	/* sl local remote state queues timer retransmits uid timeout inode */
	if (sscanf(line, " %*[^ ] %63s %63s %*s %*s %*s %*s %*s %*s %llu", local, remote, &inode) !=
		    3 ||
	    inode == 0 || !parse_end(local, &entry.ends.local, &entry.ends.local_port) ||
	    !parse_end(remote, &entry.ends.remote, &entry.ends.remote_port))
		return;
	entry.inode = inode;
	g_hash_table_add(table->entries, g_memdup2(&entry, sizeof(entry)));
}

static void read_file(struct socket_table *table, int protocol, int process, const char *name)
{
	autoclose int fd = openat(process, name, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	g_autofree char *line = NULL;
	size_t size = 0;

	if (!file)
		return;
	g_steal_fd(&fd);
	while (getline(&line, &size, file) > 0)
		socket_table_add_line(table, protocol, line);
	fclose(file);
}

void socket_table_read(struct socket_table *table, int process)
{
	read_file(table, IPPROTO_TCP, process, "net/tcp");
	read_file(table, IPPROTO_TCP, process, "net/tcp6");
	read_file(table, IPPROTO_UDP, process, "net/udp");
	read_file(table, IPPROTO_UDP, process, "net/udp6");
}

static uint64_t find_exactly(const struct socket_table *table, const struct socket_ends *ends)
{
	const struct entry *entry = g_hash_table_lookup(table->entries, ends);

	return entry ? entry->inode : 0;
}

uint64_t socket_table_find(const struct socket_table *table, const struct socket_ends *ends)
{
	struct socket_ends wanted = *ends;
	uint64_t inode = find_exactly(table, &wanted);

	if (inode || ends->protocol != IPPROTO_UDP)
		return inode;
	wanted.remote = (struct ip_address){0};
	wanted.remote_port = 0;
	inode = find_exactly(table, &wanted);
	if (inode)
		return inode;
	wanted.local = (struct ip_address){0};
	return find_exactly(table, &wanted);
}
