/* SPDX-License-Identifier: GPL-2.0-or-later */
/* registry - the networks that were made for containers of others, by the names those go by */
#include "plugins/registry.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"
#include "src/state_base.h"

/* How long a helper may take to end by itself, and to be gone once it was killed. */
#define END_TIMEOUT_MS 5000
/* Of an id and of a hash, in a name where the whole key does not fit. */
#define ID_LENGTH   12
#define HASH_LENGTH 12

/* --- names --- */

static void add_part(GChecksum *checksum, const char *part)
{
	/* With its end: no two keys are one text. */
	g_checksum_update(checksum, (const guchar *)part, (gssize)strlen(part) + 1);
}

static char *hash_key(const struct registry_key *key)
{
	GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);

	add_part(checksum, key->owner);
	add_part(checksum, key->id);
	if (key->ifname)
		add_part(checksum, key->ifname);
	char *hash = g_strndup(g_checksum_get_string(checksum), HASH_LENGTH);
	g_checksum_free(checksum);
	return hash;
}

/* The beginning of an id, which is what other tools show of a long one. */
static char *printable_start(const char *id)
{
	char *start = g_strndup(id, ID_LENGTH);

	for (char *at = start; *at; at++)
		if (!g_ascii_isalnum(*at) && !strchr("_.-", *at))
			*at = '_';
	return start;
}

char *registry_name(const struct registry_key *key)
{
	g_autofree char *whole = g_strconcat(key->owner, "-", key->id, NULL);

	if (!key->ifname && state_name_check(whole, NULL))
		return g_steal_pointer(&whole);
	g_autofree char *start = printable_start(key->id);
	g_autofree char *hash = hash_key(key);
	return g_strdup_printf("%s-%s-%s", key->owner, start, hash);
}

/* --- one network --- */

struct state_dir *registry_add(const struct registry_key *key, GError **error)
{
	g_autofree char *name = registry_name(key);
	g_autoptr(GError) failure = NULL;
	struct state_dir *state = state_dir_create(name, &failure);

	if (state)
		return state;
	if (failure->code == EEXIST)
		failure_set(error, EEXIST, "end that first", "%s%s%s has a network already: %s",
			    key->id, key->ifname ? " " : "", key->ifname ? key->ifname : "", name);
	else
		g_propagate_error(error, g_steal_pointer(&failure));
	return NULL;
}

JsonNode *registry_describe(const struct registry_key *key)
{
	JsonObject *object = json_object_new();
	JsonNode *node = json_node_new(JSON_NODE_OBJECT);

	json_object_set_string_member(object, "owner", key->owner);
	json_object_set_string_member(object, "id", key->id);
	if (key->ifname)
		json_object_set_string_member(object, "ifname", key->ifname);
	json_node_take_object(node, object);
	return node;
}

static JsonObject *read_state(const char *name, GError **error)
{
	g_autofree char *text = state_dir_read(name, error);
	g_autoptr(JsonNode) root = text ? json_from_string(text, NULL) : NULL;

	if (root && JSON_NODE_HOLDS_OBJECT(root))
		return json_node_dup_object(root);
	if (text)
		failure_set(error, EBADMSG, NULL, "the state of '%s' is no JSON object", name);
	return NULL;
}

JsonObject *registry_read(const struct registry_key *key, GError **error)
{
	g_autofree char *name = registry_name(key);

	return read_state(name, error);
}

/* --- ends --- */

static bool await_end(int pidfd, int timeout)
{
	struct pollfd entry = {.fd = pidfd, .events = POLLIN};
	int ready;

	do
		ready = poll(&entry, 1, timeout);
	while (ready < 0 && errno == EINTR);
	return ready == 1;
}

static bool send_signal(int pidfd, int number, const char *name, GError **error)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) == 0 || errno == ESRCH)
		return true;
	return failure_errno(error, "end the helper of %s", name);
}

static bool end_helper(int pidfd, const char *name, GError **error)
{
	if (!send_signal(pidfd, SIGTERM, name, error))
		return false;
	if (await_end(pidfd, END_TIMEOUT_MS))
		return true;
	if (!send_signal(pidfd, SIGKILL, name, error))
		return false;
	if (await_end(pidfd, END_TIMEOUT_MS))
		return true;
	failure_set(error, ETIMEDOUT, NULL, "the helper of %s does not end", name);
	return false;
}

/* Whoever takes a name removes what a crash has left of it. */
static void remove_rest(const char *name)
{
	g_autofree char *base = state_base_path();
	g_autofree char *path = g_build_filename(base, name, NULL);

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		state_dir_remove(state_dir_create(name, NULL));
}

bool registry_end(const struct registry_key *key, GError **error)
{
	g_autofree char *name = registry_name(key);
	g_autoptr(GError) failure = NULL;
	autoclose int pidfd = state_dir_open_owner(name, &failure);

	if (pidfd < 0 && failure->code != ENOENT) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	if (pidfd >= 0 && !end_helper(pidfd, name, error))
		return false;
	remove_rest(name);
	return true;
}

bool registry_await_end(const struct registry_key *key, int timeout)
{
	g_autofree char *name = registry_name(key);
	autoclose int pidfd = state_dir_open_owner(name, NULL);

	return pidfd < 0 || await_end(pidfd, timeout);
}

/* --- all of them --- */

static void free_entry(gpointer data)
{
	struct registry_entry *entry = data;

	g_free(entry->id);
	g_free(entry->ifname);
	g_free(entry);
}

/* NULL if it is another's. */
static struct registry_entry *read_entry(const char *name, const char *owner)
{
	g_autoptr(JsonObject) state = read_state(name, NULL);
	JsonObject *object = state ? json_object_get_object_member(state, REGISTRY_MEMBER) : NULL;
	const char *its_owner = object ? json_object_get_string_member(object, "owner") : NULL;
	const char *id = object ? json_object_get_string_member(object, "id") : NULL;

	if (!id || g_strcmp0(its_owner, owner) != 0)
		return NULL;
	struct registry_entry *entry = g_new(struct registry_entry, 1);
	entry->id = g_strdup(id);
	entry->ifname = g_strdup(json_object_get_string_member(object, "ifname"));
	return entry;
}

GPtrArray *registry_list(const char *owner, GError **error)
{
	g_autofree char *prefix = g_strconcat(owner, "-", NULL);
	g_autoptr(GPtrArray) names = state_dir_list(error);

	if (!names)
		return NULL;
	GPtrArray *entries = g_ptr_array_new_with_free_func(free_entry);
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		struct registry_entry *entry =
			g_str_has_prefix(name, prefix) ? read_entry(name, owner) : NULL;
		if (entry)
			g_ptr_array_add(entries, entry);
	}
	return entries;
}
