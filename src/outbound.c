/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outbound - by which way the command's traffic leaves the host */
#include "src/outbound.h"

#include <errno.h>
#include <string.h>

#include "src/failure.h"
#include "src/handoff_message.h"
#include "src/json_add.h"

bool outbound_check_interface(const char *name, GError **error)
{
	size_t length = strlen(name);

	if (length > 0 && length < IFNAMSIZ && !strpbrk(name, "/ :\t\n%") &&
	    !g_str_equal(name, ".") && !g_str_equal(name, ".."))
		return true;
	g_autofree char *printable = g_strescape(name, NULL);
	failure_set(error, EINVAL, "see `ip link`", "'%s' cannot name a network interface",
		    printable);
	return false;
}

void outbound_add(const struct outbound *outbound, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "outbound");
	json_builder_begin_object(builder);
	if (outbound->interface[0])
		json_add_string(builder, "interface", outbound->interface);
	json_builder_end_object(builder);
}

/* Absent is "". */
static bool read_interface(JsonObject *object, char *ret_name, GError **error)
{
	const char *name = json_object_get_string_member(object, "interface");

	if (!json_object_has_member(object, "interface"))
		return true;
	if (!name || !outbound_check_interface(name, NULL))
		return handoff_message_malformed(error, "interface");
	g_strlcpy(ret_name, name, IFNAMSIZ);
	return true;
}

bool outbound_read(JsonObject *object, struct outbound *ret_outbound, GError **error)
{
	struct outbound outbound = {0};
	JsonObject *member = json_object_get_object_member(object, "outbound");

	if (!member && json_object_has_member(object, "outbound"))
		return handoff_message_malformed(error, "outbound");
	if (member && !read_interface(member, outbound.interface, error))
		return false;
	*ret_outbound = outbound;
	return true;
}
