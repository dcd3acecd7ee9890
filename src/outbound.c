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

bool outbound_hides_names(const struct outbound *outbound)
{
	enum proxy_kind kind = outbound->proxy.kind;

	return (kind == PROXY_SOCKS5H || kind == PROXY_HTTP) && !outbound->bypasses_proxy;
}

void outbound_describe(const struct outbound *outbound, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "outbound");
	json_builder_begin_object(builder);
	if (outbound->interface[0])
		json_add_string(builder, "interface", outbound->interface);
	if (outbound->proxy.kind != PROXY_NONE) {
		g_autofree char *url = proxy_to_string(&outbound->proxy);
		json_add_string(builder, "proxy", url);
		json_add_bool(builder, "bypass", outbound->bypasses_proxy);
	}
	json_builder_end_object(builder);
}

static void add_proxy(const struct proxy *proxy, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "proxy");
	json_builder_begin_object(builder);
	json_add_string(builder, "kind", proxy_kind_name(proxy->kind));
	json_add_address(builder, "address", &proxy->address);
	json_add_int(builder, "port", proxy->port);
	json_add_string(builder, "user", proxy->user);
	json_add_string(builder, "password", proxy->password);
	json_builder_end_object(builder);
}

void outbound_add(const struct outbound *outbound, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "outbound");
	json_builder_begin_object(builder);
	if (outbound->interface[0])
		json_add_string(builder, "interface", outbound->interface);
	if (outbound->proxy.kind != PROXY_NONE)
		add_proxy(&outbound->proxy, builder);
	json_add_bool(builder, "bypass", outbound->bypasses_proxy);
	json_add_bool(builder, "by_no_other", outbound->is_by_no_other);
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

static bool read_credential(JsonObject *proxy, const char *name, char *ret_credential)
{
	const char *text = json_object_get_string_member(proxy, name);

	return text &&
	       g_strlcpy(ret_credential, text, PROXY_CREDENTIAL_SIZE) < PROXY_CREDENTIAL_SIZE;
}

/* Absent is none. */
static bool read_proxy(JsonObject *object, struct proxy *ret_proxy, GError **error)
{
	JsonObject *member = json_object_get_object_member(object, "proxy");
	const char *address = member ? json_object_get_string_member(member, "address") : NULL;
	gint64 port = member ? json_object_get_int_member(member, "port") : 0;

	if (!json_object_has_member(object, "proxy"))
		return true;
	if (!member || !address || !ip_address_parse(address, &ret_proxy->address, NULL) ||
	    port < 1 || port > 65535 || !read_credential(member, "user", ret_proxy->user) ||
	    !read_credential(member, "password", ret_proxy->password))
		return handoff_message_malformed(error, "proxy");
	ret_proxy->port = (uint16_t)port;
	ret_proxy->kind = proxy_kind_of(json_object_get_string_member(member, "kind"));
	return ret_proxy->kind != PROXY_NONE || handoff_message_malformed(error, "proxy");
}

bool outbound_read(JsonObject *object, struct outbound *ret_outbound, GError **error)
{
	struct outbound outbound = {0};
	JsonObject *member = json_object_get_object_member(object, "outbound");

	if (!member && json_object_has_member(object, "outbound"))
		return handoff_message_malformed(error, "outbound");
	if (member && (!read_interface(member, outbound.interface, error) ||
		       !read_proxy(member, &outbound.proxy, error)))
		return false;
	if (member) {
		outbound.bypasses_proxy =
			json_object_get_boolean_member_with_default(member, "bypass", false);
		outbound.is_by_no_other =
			json_object_get_boolean_member_with_default(member, "by_no_other", false);
	}
	*ret_outbound = outbound;
	return true;
}
