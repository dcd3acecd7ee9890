/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net_devices - the kernel's counters of a network namespace's devices (proc(5), net/dev) */
#include "src/ctl/net_devices.h"

#include <string.h>

/* The columns behind the name; those that are NULL are of no interest. */
static const char *const columns[] = {
	"bytes_in", "packets_in", "errors_in", "drops_in",    NULL,	    NULL,
	NULL,	    NULL,	  "bytes_out", "packets_out", "errors_out", "drops_out",
};

static JsonObject *parse_line(const char *line)
{
	const char *colon = strchr(line, ':');

	if (!colon)
		return NULL;
	g_autofree char *name = g_strndup(line, (gsize)(colon - line));
	g_strstrip(name);
	if (g_str_equal(name, "lo"))
		return NULL;
	g_autoptr(JsonObject) device = json_object_new();
	json_object_set_string_member(device, "name", name);
	const char *next = colon + 1;
	for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
		char *end;
		guint64 value = g_ascii_strtoull(next, &end, 10);

		if (end == next)
			return NULL;
		if (columns[i])
			json_object_set_int_member(device, columns[i], (gint64)value);
		next = end;
	}
	return g_steal_pointer(&device);
}

JsonArray *net_devices_parse(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	JsonArray *devices = json_array_new();

	for (char **line = lines; *line; line++) {
		JsonObject *device = parse_line(*line);
		if (device)
			json_array_add_object_element(devices, device);
	}
	return devices;
}
