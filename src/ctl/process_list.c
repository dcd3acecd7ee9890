/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_list - the processes of a container, as the host's /proc tells of them */
#include "src/ctl/process_list.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/ctl/container_process.h"
#include "src/ctl/proc_file.h"
#include "src/ctl/terminal.h"
#include "src/failure.h"
#include "src/json.h"

/* Fields of "stat" behind the name, which ends with the last ')'. */
enum {
	STAT_STATE = 0,
	STAT_UTIME = 11,
	STAT_STIME = 12,
	STAT_N_NEEDED,
};

void process_entry_clear(struct process_entry *entry)
{
	g_clear_pointer(&entry->command, g_strfreev);
}

/* Lines of "inside outside count", proc(5). */
static gint64 map_to_inside(const char *uid_map, gint64 outside)
{
	g_auto(GStrv) lines = g_strsplit(uid_map, "\n", -1);
	gint64 first_inside, first_outside, count;

	for (char **line = lines; *line; line++) {
		if (sscanf(*line, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
			   &first_inside, &first_outside, &count) == 3 &&
		    outside >= first_outside && outside < first_outside + count)
			return first_inside + (outside - first_outside);
	}
	return -1;
}

/* Arguments are ended by a null byte each; what overwrote them need not be. */
static char **split_arguments(const char *text, gsize size, const char *name)
{
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();

	for (gsize at = 0; at < size; at += strnlen(text + at, size - at) + 1)
		g_strv_builder_add(words, text + at);
	if (size == 0) {
		g_autofree char *bracketed = g_strdup_printf("[%s]", name);
		g_strv_builder_add(words, bracketed);
	}
	return g_strv_builder_end(words);
}

static bool parse_status(const struct process_texts *texts, struct process_entry *entry)
{
	g_auto(GStrv) pids = proc_file_status_line(texts->status, "NSpid");
	g_auto(GStrv) uids = proc_file_status_line(texts->status, "Uid");
	g_auto(GStrv) rss = proc_file_status_line(texts->status, "VmRSS");

	if (!pids || g_strv_length(pids) <= texts->depth || !uids || g_strv_length(uids) < 2)
		return false;
	entry->host_pid = atoi(pids[0]);
	entry->pid = atoi(pids[texts->depth]);
	entry->user = map_to_inside(texts->uid_map, g_ascii_strtoll(uids[1], NULL, 10));
	/* A zombie has none. */
	entry->rss = rss && rss[0] ? g_ascii_strtoull(rss[0], NULL, 10) * 1024 : 0;
	return true;
}

static bool parse_stat(const struct process_texts *texts, struct process_entry *entry)
{
	const char *open = strchr(texts->stat, '('), *close = strrchr(texts->stat, ')');

	if (!open || !close || close[1] != ' ')
		return false;
	g_auto(GStrv) fields = g_strsplit(close + 2, " ", -1);
	if (g_strv_length(fields) < STAT_N_NEEDED)
		return false;
	guint64 ticks = g_ascii_strtoull(fields[STAT_UTIME], NULL, 10) +
			g_ascii_strtoull(fields[STAT_STIME], NULL, 10);
	g_autofree char *name = g_strndup(open + 1, (gsize)(close - open - 1));
	entry->state = fields[STAT_STATE][0];
	entry->seconds = (double)ticks / (double)sysconf(_SC_CLK_TCK);
	entry->command = split_arguments(texts->cmdline, texts->cmdline_size, name);
	return true;
}

bool process_entry_parse(const struct process_texts *texts, struct process_entry *ret_entry)
{
	struct process_entry entry = {0};

	if (!parse_status(texts, &entry) || !parse_stat(texts, &entry))
		return false;
	*ret_entry = entry;
	return true;
}

static bool is_same_file(int a, const struct stat *b)
{
	struct stat status;

	return fstat(a, &status) == 0 && status.st_dev == b->st_dev && status.st_ino == b->st_ino;
}

/*
 * Our own processes in the container are not dumpable, and so their namespaces are not to be seen.
 * Who is a child of the launcher there is one of them.
 */
static bool is_hidden_one(int process, const struct container_process *container)
{
	g_autofree char *status = proc_file_read(process, "status", NULL);
	g_auto(GStrv) parent = status ? proc_file_status_line(status, "PPid") : NULL;
	g_auto(GStrv) pids = status ? proc_file_status_line(status, "NSpid") : NULL;

	return parent && parent[0] && atoi(parent[0]) == container->launcher && pids &&
	       g_strv_length(pids) == container->depth + 1;
}

/* In the container's PID namespace, or one below it. */
static bool belongs(int process, const struct container_process *container,
		    const struct stat *pid_namespace)
{
	autoclose int namespace_fd = openat(process, "ns/pid", O_RDONLY | O_CLOEXEC);

	if (namespace_fd < 0)
		return is_hidden_one(process, container);
	while (namespace_fd >= 0 && !is_same_file(namespace_fd, pid_namespace)) {
		/* Ends with EPERM at our own. */
		int parent = ioctl(namespace_fd, NS_GET_PARENT);
		close_fd(&namespace_fd);
		namespace_fd = parent;
	}
	return namespace_fd >= 0;
}

/* False where it has ended meanwhile. */
static bool read_entry(int process, const char *uid_map, unsigned depth,
		       struct process_entry *ret_entry)
{
	gsize cmdline_size = 0;
	g_autofree char *status = proc_file_read(process, "status", NULL);
	g_autofree char *stat_text = proc_file_read(process, "stat", NULL);
	g_autofree char *cmdline = proc_file_read(process, "cmdline", &cmdline_size);
	const struct process_texts texts = {status,  stat_text,	   cmdline,
					    uid_map, cmdline_size, depth};

	return status && stat_text && cmdline && process_entry_parse(&texts, ret_entry);
}

static int compare_pids(gconstpointer a, gconstpointer b)
{
	return ((const struct process_entry *)a)->pid - ((const struct process_entry *)b)->pid;
}

GArray *process_list_read(const char *container, GError **error)
{
	autocontainer struct container_process *command = container_process_open(container, error);
	struct stat wanted;

	if (!command)
		return NULL;
	g_autofree char *uid_map = proc_file_read(command->proc, "uid_map", NULL);
	if (!uid_map || fstatat(command->proc, "ns/pid", &wanted, 0) < 0) {
		failure_errno(error, "look at the processes of container '%s'", container);
		return NULL;
	}
	g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
	GArray *entries = g_array_new(FALSE, TRUE, sizeof(struct process_entry));
	g_array_set_clear_func(entries, (GDestroyNotify)process_entry_clear);
	for (const char *name = proc ? g_dir_read_name(proc) : NULL; name;
	     name = g_dir_read_name(proc)) {
		struct process_entry entry;
		autoclose int process =
			g_ascii_isdigit(name[0]) ? proc_file_open_process(atoi(name), NULL) : -1;
		if (process >= 0 && belongs(process, command, &wanted) &&
		    read_entry(process, uid_map, command->depth, &entry))
			g_array_append_val(entries, entry);
	}
	g_array_sort(entries, compare_pids);
	return entries;
}

/* "1:02:03", or "2:03" below an hour. */
static char *time_text(double seconds)
{
	guint64 whole = (guint64)seconds;

	if (whole >= 3600)
		return g_strdup_printf("%" G_GUINT64_FORMAT ":%02u:%02u", whole / 3600,
				       (unsigned)(whole / 60 % 60), (unsigned)(whole % 60));
	return g_strdup_printf("%u:%02u", (unsigned)(whole / 60), (unsigned)(whole % 60));
}

static char **table_row(const struct process_entry *entry)
{
	g_autofree char *user =
		entry->user < 0 ? g_strdup("?") : g_strdup_printf("%" G_GINT64_FORMAT, entry->user);
	g_autofree char *seconds = time_text(entry->seconds);
	g_autofree char *rss = terminal_size(entry->rss);
	g_autofree char *command = g_strjoinv(" ", entry->command);
	g_autofree char *host_pid = g_strdup_printf("%d", entry->host_pid);
	g_autofree char *pid = g_strdup_printf("%d", entry->pid);
	char state[] = {entry->state, '\0'};
	const char *const cells[] = {host_pid, pid, user, state, seconds, rss, command, NULL};

	return g_strdupv((char **)cells);
}

static void print_table(const GArray *entries)
{
	const char *const titles[] = {"HOSTPID", "PID", "USER",	   "STATE",
				      "TIME",	 "RSS", "COMMAND", NULL};
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

	g_ptr_array_add(rows, g_strdupv((char **)titles));
	for (unsigned i = 0; i < entries->len; i++)
		g_ptr_array_add(rows, table_row(&g_array_index(entries, struct process_entry, i)));
	g_autofree char *table = terminal_table(rows);
	fputs(table, stdout);
}

static JsonObject *entry_object(const struct process_entry *entry)
{
	JsonObject *object = json_object_new();
	JsonArray *command = json_array_new();
	char state[] = {entry->state, '\0'};

	for (char **word = entry->command; *word; word++) {
		g_autofree char *valid = g_utf8_make_valid(*word, -1);
		json_array_add_string_element(command, valid);
	}
	json_object_set_int_member(object, "host_pid", entry->host_pid);
	json_object_set_int_member(object, "pid", entry->pid);
	if (entry->user >= 0)
		json_object_set_int_member(object, "user", entry->user);
	json_object_set_string_member(object, "state", state);
	json_object_set_double_member(object, "cpu_seconds", entry->seconds);
	json_object_set_int_member(object, "rss", (gint64)entry->rss);
	json_object_set_array_member(object, "command", command);
	return object;
}

static void print_json(const GArray *entries)
{
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_ARRAY);
	JsonArray *array = json_array_new();

	for (unsigned i = 0; i < entries->len; i++)
		json_array_add_object_element(
			array, entry_object(&g_array_index(entries, struct process_entry, i)));
	json_node_take_array(root, array);
	g_autofree char *text = terminal_json(root);
	fputs(text, stdout);
}

bool process_list_print(const struct ctl_request *request, GError **error)
{
	g_autoptr(GArray) entries = process_list_read(request->container, error);

	if (!entries)
		return false;
	if (request->options.json)
		print_json(entries);
	else
		print_table(entries);
	return true;
}
