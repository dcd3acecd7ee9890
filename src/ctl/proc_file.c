/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc_file - reads proc(5): the files of one process by a descriptor of its directory */
#include "src/ctl/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

int proc_file_open_process(int pid, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/%d", pid);
	autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		failure_errno(error, "open %s", path);
	return g_steal_fd(&fd);
}

char *proc_file_read(int process, const char *name, gsize *ret_size)
{
	autoclose int fd = openat(process, name, O_RDONLY | O_CLOEXEC);
	g_autoptr(GString) text = g_string_new(NULL);
	char buffer[4096];

	if (fd < 0)
		return NULL;
	while (text->len < PROC_FILE_LIMIT) {
		ssize_t size = read(fd, buffer, sizeof(buffer));
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return NULL;
		if (size == 0)
			break;
		g_string_append_len(text, buffer, size);
	}
	if (ret_size)
		*ret_size = text->len;
	return g_string_free(g_steal_pointer(&text), FALSE);
}

char **proc_file_status_line(const char *text, const char *name)
{
	size_t length = strlen(name);

	/* Not a search for "\nName:": the first line holds what the process calls itself, but a
	 * newline in it is escaped. */
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += line[0] == '\n';
		if (strncmp(line, name, length) != 0 || line[length] != ':')
			continue;
		g_autofree char *value =
			g_strndup(line + length + 1, strcspn(line + length + 1, "\n"));
		g_strdelimit(g_strstrip(value), "\t", ' ');
		return g_strsplit(value, " ", -1);
	}
	return NULL;
}
